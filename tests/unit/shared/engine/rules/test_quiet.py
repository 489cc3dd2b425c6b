"""Is it quiet exactly when the owner's clock says so, also on the days on which it jumps?"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.rules.limits import Quiet
from shared.engine.rules.quiet import quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(time(21), time(9), "Europe/Berlin")


def berlin(*wall: int, fold: int = 0) -> datetime:
    return datetime(*wall, tzinfo=BERLIN, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, berlin(2026, 5, 1, 20, 59), None),
        (NIGHT, berlin(2026, 5, 1, 21, 0), berlin(2026, 5, 2, 9)),
        (NIGHT, berlin(2026, 5, 2, 0, 0), berlin(2026, 5, 2, 9)),
        (NIGHT, berlin(2026, 5, 2, 9, 0), None),
        # An hour of 0 is an hour: quiet from midnight on.
        (Quiet(time(0), time(6), "Europe/Berlin"), berlin(2026, 5, 2, 0, 0), berlin(2026, 5, 2, 6)),
        (Quiet(time(0), time(6), "Europe/Berlin"), berlin(2026, 5, 1, 23, 59), None),
        (Quiet(time(22), time(0), "Europe/Berlin"), berlin(2026, 5, 1, 23, 0), berlin(2026, 5, 2, 0)),
        # Equal ends are no quiet at all.
        (Quiet(time(9), time(9), "Europe/Berlin"), berlin(2026, 5, 1, 9), None),
        # The night on which clocks go forward is an hour shorter, that on which they go back an hour longer.
        (NIGHT, berlin(2026, 3, 28, 22), berlin(2026, 3, 28, 22) + timedelta(hours=10)),
        (NIGHT, berlin(2026, 10, 24, 22), berlin(2026, 10, 24, 22) + timedelta(hours=12)),
        # 02:30 does not exist on 2026-03-29: the end is the end of the gap.
        (Quiet(time(1), time(2, 30), "Europe/Berlin"), berlin(2026, 3, 29, 1, 30), berlin(2026, 3, 29, 3, 0)),
        # 02:30 exists twice on 2026-10-25: the first of the two.
        (Quiet(time(1), time(2, 30), "Europe/Berlin"), berlin(2026, 10, 25, 1, 30), berlin(2026, 10, 25, 2, 30)),
    ],
)
def test_quiet_ends_when_the_clock_says_so(quiet, now, until):
    assert quiet_until(quiet, now) == until


@given(
    now=st.integers(0, 3 * 365 * 86_400).map(lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_after_its_end_it_is_not_quiet_and_the_end_is_ahead(now, start, end, zone):
    quiet = Quiet(start.replace(microsecond=0), end.replace(microsecond=0), zone)
    until = quiet_until(quiet, now)
    if until is not None:
        assert now < until <= now + timedelta(hours=26)
        # A clock that is set back may fall into the quiet again, which then has its own end.
        again = quiet_until(quiet, until)
        assert again is None or again - until <= timedelta(hours=2)
