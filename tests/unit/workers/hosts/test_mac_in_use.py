"""When does the Safari lane of a Mac leave the Mac to its person?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.browser.safari.mac_in_use import idle_for, opens_at, resting
from shared.settings import Settings
from tests.support.safari.mac import say_idle
from workers.hosts.mac_in_use import require_free
from workers.interrupted import GateClosed


def at(hour: int, minute: int = 0, *, day: int = 1) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def touched(tmp_path: Path, monkeypatch):
    """A Mac that was touched so many seconds ago."""

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return partial(say_idle, tmp_path)


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        ("09:00-21:00", at(9), None),
        ("09:00-21:00", at(20, 59), None),
        ("09:00-21:00", at(21), at(9, day=2)),
        ("09:30-21:00", at(3), at(9, 30)),
        ("22:00-06:00", at(23), None),
        ("22:00-06:00", at(5, 59), None),
        ("22:00-06:00", at(6), at(22)),
        ("00:00-00:00", at(12), None),
    ],
)
def test_hours_say_when_the_lane_opens_next(hours, now, opens):
    assert opens_at(hours, now) == opens


async def test_out_of_its_hours_the_lane_gives_the_task_back_until_it_opens(touched):
    touched(1000)
    settings = Settings(safari_hours="09:00-21:00")
    await require_free(settings, at(12))
    with pytest.raises(GateClosed, match="works 09:00-21:00") as caught:
        await require_free(settings, at(8))
    assert caught.value.wait_s == 3600


async def test_while_a_person_uses_the_mac_the_lane_waits_until_the_person_may_have_gone(touched):
    touched(15)
    with pytest.raises(GateClosed, match="a person uses the Mac") as caught:
        await require_free(Settings(safari_idle_s=60), at(12))
    assert caught.value.wait_s == 45
    await require_free(Settings(safari_idle_s=0), at(12))
    touched(61)
    await require_free(Settings(safari_idle_s=60), at(12))


async def test_a_rest_of_its_hours_has_an_end_in_utc_and_one_for_a_person_has_none(touched):
    touched(15)
    berlin = timezone(timedelta(hours=2))
    closed = await resting(Settings(safari_hours="09:00-21:00"), datetime(2026, 5, 1, 8, tzinfo=berlin))
    assert closed.until == at(7)
    assert closed.until.tzinfo is UTC
    used = await resting(Settings(safari_hours="09:00-21:00", safari_idle_s=60), at(12))
    assert (used.reason, used.until) == ("a person uses the Mac of safari.local", None)
    touched(60)
    assert await resting(Settings(safari_hours="09:00-21:00", safari_idle_s=60), at(12)) is None


async def test_a_machine_that_does_not_say_is_nobodys(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await idle_for() is None


@pytest.mark.parametrize("hours", ["9-21", "09:00", "24:00-06:00", "09:00-21:00 "])
def test_hours_that_are_none_are_refused(hours):
    with pytest.raises(ValidationError):
        Settings(safari_hours=hours)
