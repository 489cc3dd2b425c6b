"""Do parked tasks stay parked until the fact they wait for has changed, and cost nobody anything until then?"""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.db.session import connect, transaction
from shared.engine.store import attempts, lost_attempts, parking, release
from shared.engine.store.dependencies import NewDependency
from tests.support.dispatching import Wire, awake, lead_for, lead_until, never, serve_lanes, store
from tests.support.gateway import PROBE, Gateway, comment
from workers.dispatch import reconcile

pytestmark = pytest.mark.timeout(60)
LANE = "chromium.local.instagram"


def parked_comments(gateway: Gateway, count: int, needs: str) -> list[str]:
    return store(gateway, "comment", LANE, count, platform="instagram", key=f"task:{needs}", needs=needs)


def explain(gateway: Gateway, task: str) -> tuple[list[str], bool]:
    """The closed gates of a task, and whether it says when it starts."""
    found = gateway.http.get(f"/api/scheduler/task/{task}/explain").json()
    return [gate["gate"] for gate in found["gates"] if not gate["open"]], found["expected_start"] is not None


def test_a_ready_task_behind_five_thousand_parked_ones_leaves_at_once_and_all_say_so(gateway: Gateway):
    serve_lanes(gateway, LANE)
    parked = parked_comments(gateway, 5_000, never(gateway))
    wire = Wire()
    lead_for(gateway, wire, 5)

    ready = gateway.submit(comment(gateway.settings, text="ready now"))["id"]
    assert explain(gateway, ready) == ([], True)
    assert explain(gateway, parked[0]) == (["dependencies"], False)
    lead_until(gateway, wire, lambda: ready in wire.tasks, rounds=3)

    assert awake(gateway, parked) == 0


def test_a_sweep_finds_in_portions_who_was_not_told_and_wakes_nobody_else(gateway: Gateway):
    gateway.query("DELETE FROM workers")
    serve_lanes(gateway, "nothing")
    others = parked_comments(gateway, 300, never(gateway))
    over = gateway.submit()["id"]
    gateway.query("UPDATE tasks SET status = 'cancelled', finished_at = now() WHERE id = %(id)s", id=over)
    unheard = parked_comments(gateway, 30, over)
    [failed_elsewhere, late] = parked_comments(gateway, 2, never(gateway))
    gateway.query(
        "INSERT INTO task_dependencies (task_id, depends_on_id, workspace_id) SELECT id, %(over)s, workspace_id"
        " FROM tasks WHERE id = %(id)s",
        over=over,
        id=failed_elsewhere,
    )
    gateway.query("UPDATE tasks SET expires_at = now() WHERE id = %(id)s", id=late)

    async def sweep() -> list[int]:
        engine = connect(gateway.settings, "dispatcher", pool_size=1)
        woken, after = [], parking.BEGINNING
        while after is not None:
            async with engine.begin() as connection:
                count, after = await parking.sweep(connection, after, 100)
            woken.append(count)
        await engine.dispose()
        return woken

    woken = asyncio.run(sweep())

    assert (len(woken), sum(woken)) == (4, 32)
    assert awake(gateway, [*unheard, failed_elsewhere, late]) == 32
    assert awake(gateway, others) == 0


def test_the_sweep_of_a_leader_goes_on_where_it_was_and_rests_when_it_is_through(gateway: Gateway, monkeypatch):
    monkeypatch.setattr(reconcile, "SWEPT_AT_ONCE", 10)
    serve_lanes(gateway, LANE)
    parked_comments(gateway, 25, never(gateway))
    asked = []
    real = parking.sweep

    async def sweep(connection, after, limit):
        asked.append(after)
        return await real(connection, after, limit)

    monkeypatch.setattr(parking, "sweep", sweep)
    lead_for(gateway, Wire(), 50, sweep_s=600)

    assert asked[0] == parking.BEGINNING
    assert len(asked) == len(set(asked)) == 3


def test_many_who_wait_for_one_task_are_woken_in_portions_and_the_last_of_them_at_once(gateway: Gateway, monkeypatch):
    monkeypatch.setattr(parking, "AT_ONCE", 50)
    serve_lanes(gateway, LANE)
    first = gateway.submit()["id"]
    waiting = parked_comments(gateway, 180, first)
    gateway.query("UPDATE tasks SET status = 'queued', released_at = now() WHERE id = %(id)s", id=first)
    process = attempts.Process("h", 1, 0.0)

    async def end() -> None:
        engine = connect(gateway.settings, "worker", pool_size=1)
        async with engine.begin() as connection:
            [row] = await attempts.claim(connection, [(UUID(first), 0)], process, timeout_s=60, lease_s=60)
        async with engine.begin() as connection:
            ended = attempts.Ended(row.attempt_id, UUID(first), "done", "completed", result={})
            await attempts.record(connection, process, [ended])
        await engine.dispose()

    asyncio.run(end())
    assert awake(gateway, waiting) == 50

    rounds = lead_until(gateway, Wire(), lambda: awake(gateway, waiting) == 180, sweep_s=600, reconcile_s=600)
    assert rounds <= 5
    assert gateway.query("SELECT count(*) AS n FROM wake_backlog") == [{"n": 0}]


def test_a_capability_behind_which_many_wait_is_resumed_at_once_and_they_are_woken_in_portions(
    gateway: Gateway, monkeypatch
):
    monkeypatch.setattr(parking, "AT_ONCE", 20)
    waiting = store(gateway, "comment", LANE, 70, platform="instagram", key="capability:instagram:comment")
    gateway.query(
        "INSERT INTO scopes (workspace_id, key, gate, reason)"
        " SELECT id, 'capability:instagram:comment', 'connection', 'changed' FROM workspaces WHERE id = %(id)s",
        id=gateway.workspace_id,
    )
    lead_for(gateway, Wire(), 5, sweep_s=0.1)
    assert awake(gateway, waiting) == 0

    gateway.post("/api/scheduler/resume", {"scope": "platform:instagram"}).raise_for_status()
    assert awake(gateway, waiting) == 20
    lead_until(gateway, Wire(), lambda: awake(gateway, waiting) == 70, rounds=5, sweep_s=600, reconcile_s=600)


def test_a_repair_that_fails_is_named_and_rests_and_neither_release_nor_another_repair_stops(
    gateway: Gateway, monkeypatch, capsys
):
    serve_lanes(gateway, "system")
    tried, aged = [], []

    async def broken(*_):
        tried.append(1)
        raise RuntimeError("the sweep is broken")

    async def age(*_):
        aged.append(1)
        return 0

    monkeypatch.setattr(parking, "sweep", broken)
    monkeypatch.setattr(release, "age", age)
    parked_comments(gateway, 1, never(gateway))
    store(gateway, "probe", "nobody", 1)  # one that moves up
    ready = gateway.submit(PROBE)["id"]
    wire = Wire()

    lead_until(gateway, wire, lambda: ready in wire.tasks, rounds=5)
    lead_until(gateway, wire, lambda: len(aged) > 20, rounds=50)

    assert len(tried) <= len(aged) / 2
    said = capsys.readouterr().out
    assert "repair.failed" in said
    assert "sweep" in said


def test_where_the_look_at_what_got_lost_fails_each_repair_looks_for_itself(gateway: Gateway, monkeypatch, capsys):
    serve_lanes(gateway, "system")

    async def broken(*_):
        raise RuntimeError("the look is broken")

    monkeypatch.setattr(lost_attempts, "outlook", broken)
    [old] = store(gateway, "probe", "nobody", 1)
    waiting = store(gateway, "probe", "system", 1, key="task:" + gateway.submit()["id"])
    over = "UPDATE tasks SET status = 'completed' WHERE lane = 'system' AND wake_key IS NULL"
    gateway.query(f"SET session_replication_role = replica; {over}")
    wire = Wire()

    lead_until(gateway, wire, lambda: set(waiting) <= wire.tasks, rounds=5)

    assert gateway.query("SELECT rank FROM tasks WHERE id = %(id)s", id=old) == [{"rank": 1}]
    assert "the look is broken" in capsys.readouterr().out


def test_a_dependent_is_parked_when_it_is_stored_and_one_of_what_is_over_is_not(gateway: Gateway):
    first = never(gateway)
    done = gateway.submit()["id"]
    gateway.query("SET session_replication_role = replica; UPDATE tasks SET status = 'completed' WHERE id = '" + done + "'")
    body = [
        {**PROBE},
        {**PROBE, "dependencies": ["#0"]},
        {**PROBE, "dependencies": [first, done]},
        {**PROBE, "dependencies": [done]},
        {**PROBE, "dependencies": [first], "scheduled_for": "2040-01-01T00:00:00Z"},
    ]
    ids = gateway.post("/api/scheduler/tasks", {"tasks": body}).json()["ids"]

    rows = gateway.query("SELECT id::text, wake_key, parked_at IS NOT NULL AS parked FROM tasks")
    keys = {row["id"]: row["wake_key"] for row in rows if row["parked"] == (row["wake_key"] is not None)}
    assert [keys[task] for task in ids] == [None, f"task:{ids[0]}", f"task:{first}", None, f"task:{first}"]
    assert explain(gateway, ids[1])[0] == ["dependencies", "lane"]


def test_a_task_that_ends_while_its_dependent_is_being_stored_leaves_it_awake(gateway: Gateway):
    first = gateway.submit()["id"]
    with gateway.owner() as other, other.transaction():
        other.execute("UPDATE tasks SET status = 'cancelled', finished_at = now() WHERE id = %s", [first])
        stored = gateway.submit(PROBE, dependencies=[first])["id"]  # and does not wait for the other

    assert awake(gateway, [stored]) == 1


def test_a_task_cannot_end_between_the_look_at_it_and_the_storing_of_its_dependent(gateway: Gateway):
    first = gateway.submit()["id"]

    async def look() -> dict[UUID, str]:
        engine = connect(gateway.settings, "gateway", pool_size=1)
        async with transaction(engine, UUID(gateway.workspace_id)) as connection:
            needed = [NewDependency(new, UUID(first), UUID(gateway.workspace_id))]
            waits = await parking.first_needed(connection, [new], needed)
            with pytest.raises(psycopg.errors.LockNotAvailable), gateway.owner() as other:
                other.execute("SELECT FROM tasks WHERE id = %s FOR NO KEY UPDATE NOWAIT", [first])
        await engine.dispose()
        return waits

    new = uuid4()
    assert asyncio.run(look()) == {new: f"task:{first}"}
