"""Does a round of the dispatcher cost what is due, and not what waits, whatever waits?"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.dispatching import Wire, lead, lead_until, serve_lanes, store
from tests.support.gateway import PROBE, Gateway

pytestmark = pytest.mark.timeout(60)


def test_a_due_row_that_somebody_holds_makes_no_round_follow_the_other_at_once(gateway: Gateway):
    serve_lanes(gateway, "system")
    held = gateway.submit({**PROBE, "scheduled_for": (datetime.now(UTC) + timedelta(hours=1)).isoformat()})["id"]
    gateway.query("UPDATE tasks SET not_before = now() - interval '1 second' WHERE id = %(id)s", id=held)
    soon = gateway.submit({**PROBE, "scheduled_for": (datetime.now(UTC) + timedelta(hours=1)).isoformat()})["id"]
    wire = Wire()

    async def rounds(loop) -> tuple[int, float]:
        await loop.round()
        gateway.query("UPDATE tasks SET not_before = now() + interval '300 milliseconds' WHERE id = %(id)s", id=soon)
        made, begun = 0, time.monotonic()
        while soon not in wire.tasks and made < 100:
            await loop.round()
            made += 1
        return made, time.monotonic() - begun

    with gateway.owner() as other, other.transaction():
        other.execute("SELECT FROM tasks WHERE id = %s FOR UPDATE", [held])
        made, took = lead(gateway, rounds, wire, tick_ms=500, reconcile_s=60)

    assert made < 8
    assert 0.2 < took < 0.6  # another that falls due is not made to wait for it


def test_looks_of_one_lane_do_not_stand_before_those_of_another(gateway: Gateway):
    served, unserved = "chromium.local.instagram", "chromium.local.tiktok"
    serve_lanes(gateway, served)
    store(gateway, "comment", unserved, 150, platform="tiktok", status="unknown", ago=100)
    [one] = store(gateway, "comment", served, 1, platform="instagram", status="unknown", ago=10)
    wire = Wire()

    lead_until(gateway, wire, lambda: one in wire.tasks, rounds=5)

    assert wire.messages[-1] == (served, "comment", [one])


def test_looks_of_a_paused_account_do_not_stand_before_those_of_another_on_the_same_lane(gateway: Gateway):
    serve_lanes(gateway, "api.instagram")
    gateway.query("UPDATE accounts SET state = 'paused' WHERE platform = 'tiktok'")
    store(gateway, "comment", "api.instagram", 300, platform="tiktok", status="unknown", ago=100)
    [one] = store(gateway, "comment", "api.instagram", 1, platform="instagram", status="unknown", ago=10)
    wire = Wire()

    lead_until(gateway, wire, lambda: one in wire.tasks, rounds=3)

    postponed = "SELECT count(*) AS n FROM tasks WHERE status = 'unknown' AND verify_at > now()"
    assert gateway.query(postponed)[0]["n"] < 10
