"""Does a round of the dispatcher cost what is due, and not what waits, whatever waits?"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.db.session import connect, transaction
from shared.engine.rules.facts import Facts
from shared.engine.store import facts, parking
from shared.engine.store.limits import budgets
from shared.ids import SYSTEM_WORKSPACE
from shared.settings import Role
from tests.support.dispatching import Wire, awake, lead, lead_for, lead_until, never, serve_lanes, store
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
        made, took = lead(gateway, rounds, wire, tick_ms=5_000, reconcile_s=60)

    assert made < 8
    assert 0.2 < took < 3  # another that falls due is not made to wait for the next tick


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

    async def read(role: Role) -> tuple[Facts, float]:
        engine = connect(gateway.settings, role, pool_size=1)
        took = []
        async with transaction(engine, UUID(gateway.workspace_id)) as connection:
            for _ in range(7):
                begun = time.perf_counter()
                known = await facts.load(connection, lanes=["a"], accounts=[account])
                took.append(time.perf_counter() - begun)
        await engine.dispose()
        return known, min(took)

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
        return min(took)

    assert asyncio.run(park()) < 0.005
    assert gateway.query(query) == before


def test_videos_that_wait_for_a_place_at_their_maker_are_left_alone_until_a_film_ends(gateway: Gateway):
    lane = "chromium.local.sora"
    serve_lanes(gateway, lane)
    films = store(gateway, "film", "nobody", 3, platform="sora")
    videos = store(gateway, "video", lane, 300, platform="sora", payload='{"prompt": "x", "seconds": 8}')
    wire = Wire()
    told = "SELECT count(*) AS n FROM task_events e JOIN tasks t ON t.id = e.task_id WHERE t.type = 'video'"

    lead_until(gateway, wire, lambda: awake(gateway, videos) == 0, rounds=30)
    lead_for(gateway, wire, 20, sweep_s=0.1)
    assert gateway.query(told) == [{"n": 0}]
    shown = gateway.http.get(f"/api/scheduler/task/{videos[0]}/explain").json()
    assert [gate["gate"] for gate in shown["gates"] if not gate["open"]] == ["making"]

    for number, film in enumerate(films, 1):
        gateway.query("UPDATE tasks SET status = 'cancelled', finished_at = now() WHERE id = %(id)s", id=film)
        lead_until(gateway, wire, lambda number=number: len(wire.tasks & set(videos)) == number, rounds=10)
        lead_for(gateway, wire, 5)
        assert (len(wire.tasks & set(videos)), awake(gateway, videos)) == (number, number)


_OBSERVED = """
    INSERT INTO credit_observations (workspace_id, platform, account_id, known, free, paid, checked_at, created_at)
    SELECT workspace_id, platform, id, true, 1, 0, at, at
    FROM accounts, (SELECT now() - n * interval '1 hour' - interval '10 s' AS at FROM generate_series(%(count)s, 0, -1) n) o
    WHERE platform = 'sora'
"""


def test_waking_by_credits_costs_accounts_and_neither_those_who_wait_nor_what_was_seen(gateway: Gateway):
    account = gateway.query("SELECT id::text FROM accounts WHERE platform = 'sora'")[0]["id"]
    more = {"platform": "sora", "resources": '{"credits": 2}', "payload": '{"prompt": "x", "seconds": 8}'}
    videos = store(gateway, "video", "chromium.local.sora", 3_000, key=f"credits:{account}", **more)
    store(gateway, "probe", "system", 20_000, key="task:" + never(gateway))
    gateway.query(_OBSERVED, count=9_000)
    gateway.query("ANALYZE")
    gateway.query("UPDATE tasks SET parked_at = now(), rank = 1 WHERE wake_key LIKE 'credits:%%'")

    async def look() -> tuple[float, int]:
        engine = connect(gateway.settings, "dispatcher", pool_size=1)
        took = []
        async with engine.begin() as connection:
            for _ in range(7):
                begun = time.perf_counter()
                woken, _ = await parking.wake_looked_at(connection, "", 200, 600)
                took.append(time.perf_counter() - begun)
        await engine.dispose()
        return min(took), woken

    took, woken = asyncio.run(look())
    assert (took < 0.02, woken) == (True, 0)

    # Something is seen: the first are asked, and nobody more while the first of them goes on waiting.
    serve_lanes(gateway, "chromium.local.sora")
    gateway.query("UPDATE tasks SET parked_at = now() - interval '1 minute' WHERE wake_key LIKE 'credits:%%'")
    recently = "(wake_key IS NULL OR parked_at > now() - interval '30 s')"
    asked = f"SELECT count(*) AS n FROM tasks WHERE type = 'video' AND {recently}"
    lead_until(gateway, Wire(), lambda: gateway.query(asked)[0]["n"] > 0, rounds=10)
    lead_until(gateway, Wire(), lambda: awake(gateway, videos) == 0, rounds=30)
    lead_for(gateway, Wire(), 10)
    assert gateway.query(asked) == [{"n": parking.AT_ONCE}]
