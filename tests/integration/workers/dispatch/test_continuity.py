"""How often is the database compared with the note outside it?"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.support.dispatching import lead
from tests.support.gateway import Gateway
from workers.dispatch import continuity
from workers.dispatcher import Loop

LEASE_S = 10.0
END_SESSIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE usename = 'callsheet_dispatcher' AND datname = current_database()
"""


@pytest.mark.parametrize(("asleep", "compared"), [(False, 7), (True, 3)])
def test_asleep_it_is_compared_more_seldom_than_the_lease_is_renewed(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, compared: int, *, asleep: bool
):
    async def renew(loop: Loop) -> None:
        for now in range(0, 70, 10):
            monkeypatch.setattr(continuity, "time", SimpleNamespace(monotonic=lambda now=now: float(now)))
            loop._renewed = float("-inf")
            await loop._lead()
            loop._asleep = asleep

    lead(gateway, renew, leader_lease_s=LEASE_S)

    assert gateway.query("SELECT number FROM database_notes") == [{"number": compared}]


def test_what_wakes_it_is_released_after_a_comparison(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    async def wake(loop: Loop) -> None:
        monkeypatch.setattr(continuity, "time", SimpleNamespace(monotonic=lambda: 0.0))
        await loop._lead()
        loop._asleep = True
        monkeypatch.setattr(continuity, "time", SimpleNamespace(monotonic=lambda: 20.0))
        loop._renewed = float("-inf")
        await loop._lead()
        assert gateway.query("SELECT number FROM database_notes") == [{"number": 1}]
        loop._asleep, loop._renewed = False, float("-inf")  # as the look that wakes leaves it
        await loop._lead()

    lead(gateway, wake, leader_lease_s=LEASE_S)

    assert gateway.query("SELECT number FROM database_notes") == [{"number": 2}]


def test_a_round_whose_first_look_reaches_no_server_is_followed_by_a_comparison(gateway: Gateway):
    """Later connections of the same round would be new, and say nothing of it."""

    async def restart(loop: Loop) -> None:
        await loop.round()
        gateway.query(END_SESSIONS)
        loop._repairs._ended_at = float("-inf")
        await loop.round()

    lead(gateway, restart, leader_lease_s=1000.0, tick_ms=10)

    assert gateway.query("SELECT number FROM database_notes") == [{"number": 2}]
