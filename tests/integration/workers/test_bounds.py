"""Does a round of the dispatcher cost what is due, and not what waits, whatever waits?"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.db.repositories import budgets, world
from shared.db.session import connect, transaction
from shared.ids import SYSTEM_WORKSPACE
from shared.scheduling.facts import World
from shared.settings import Role
from tests.support.dispatching import Wire, lead, lead_until, serve_lanes, store
from tests.support.gateway import PROBE, Gateway, new_workspace

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


_SCOPES = """
    INSERT INTO scopes (workspace_id, key, gate, reason, opens_at)
    SELECT w.id, 'account:' || gen_random_uuid() || '#comment', 'spacing', 'a pause', now() + interval '1 hour'
    FROM workspaces w, generate_series(1, 10000)
"""
_OWN = """
    INSERT INTO scopes (workspace_id, key, gate, reason, opens_at)
    SELECT a.workspace_id, k.key, k.gate, k.gate, now() + interval '1 hour' FROM accounts a, LATERAL (VALUES
        ('account:' || a.id || '#comment', 'spacing'), ('persona:' || a.persona_id || '#*', 'budgets'),
        ('platform:instagram#dm', 'budgets'), ('workspace#*', 'budgets'), ('account:' || a.id, 'system'),
        ('platform:instagram', 'system'), ('lane:a', 'system'), ('all', 'kill'),
        ('capability:instagram:dm', 'connection')) AS k(key, gate)
    WHERE a.platform = 'instagram'
    UNION ALL SELECT %(system)s, k.key, 'system', 'everybody', NULL
    FROM (VALUES ('all'), ('lane:a'), ('platform:instagram')) k(key)
"""


def test_only_the_scopes_of_those_who_are_asked_for_are_read(gateway: Gateway):
    new_workspace(gateway.settings, "another", ("submit",))
    gateway.query(_SCOPES)
    gateway.query(_OWN, system=str(SYSTEM_WORKSPACE))
    gateway.query("ANALYZE scopes")
    account = gateway.query("SELECT id FROM accounts WHERE platform = 'instagram'")[0]["id"]

    async def read(role: Role) -> tuple[World, float]:
        engine = connect(gateway.settings, role, pool_size=1)
        took = []
        async with transaction(engine, UUID(gateway.workspace_id)) as connection:
            for _ in range(7):
                begun = time.perf_counter()
                known = await world.load(connection, lanes=["a"], accounts=[account])
                took.append(time.perf_counter() - begun)
        await engine.dispose()
        return known, sorted(took)[3]

    for role in ("worker", "dispatcher", "gateway"):
        known, took = asyncio.run(read(role))
        assert len(known.scopes) == 12, role
        assert took < 0.03, role


def test_what_is_full_after_an_intent_is_parked_without_a_look_at_the_scopes_of_others(gateway: Gateway):
    gateway.query(_SCOPES)
    gateway.query("ANALYZE scopes")
    query = "SELECT count(*) AS n FROM scopes WHERE key LIKE 'account:%%#comment'"
    before = gateway.query(query)

    async def park() -> float:
        engine = connect(gateway.settings, "worker", pool_size=1)
        took = []
        async with engine.begin() as connection:
            for _ in range(7):
                begun = time.perf_counter()
                await budgets.open_scopes(connection, UUID(gateway.workspace_id), ["account:none", "workspace"])
                took.append(time.perf_counter() - begun)
        await engine.dispose()
        return sorted(took)[3]

    assert asyncio.run(park()) < 0.005
    assert gateway.query(query) == before
