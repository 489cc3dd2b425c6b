"""Do tasks begin once enough of several others are done, fail once that cannot be any more, and come after another's end?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.session import connect
from shared.engine.store import parking
from tests.support.dispatching import Wire, awake, lead_for, lead_until, serve_lanes
from tests.support.gateway import PROBE, Gateway
from tests.support.worker import work_on

pytestmark = pytest.mark.timeout(60)


def order(gateway: Gateway, *tasks: dict[str, Any]) -> list[str]:
    answer = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE | one for one in tasks]})
    assert answer.status_code == 201, answer.text
    ids: list[str] = answer.json()["ids"]
    return ids


def some(need: Any, *numbers: int) -> dict[str, Any]:
    return {"dependencies": [{"tasks": [f"#{number}" for number in numbers], "need": need}]}


def shown(gateway: Gateway, task: str) -> dict[str, Any]:
    found: dict[str, Any] = gateway.http.get(f"/api/scheduler/task/{task}").json()
    return found


def cancel(gateway: Gateway, task: str) -> None:
    gateway.http.delete(f"/api/scheduler/task/{task}").raise_for_status()


def published(gateway: Gateway, task: str) -> None:
    serve_lanes(gateway, "system")
    wire = Wire()
    lead_until(gateway, wire, lambda: task in wire.tasks, rounds=10)


def held(gateway: Gateway, task: str) -> str:
    """Have the dispatcher look at it, and answer why it goes on waiting."""
    serve_lanes(gateway, "system")
    wire = Wire()
    lead_for(gateway, wire, 5)
    assert task not in wire.tasks
    found: str = shown(gateway, task)["waiting_for"][0]["reason"]
    return found


def in_database(gateway: Gateway, what: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        engine = connect(gateway.settings, "dispatcher", pool_size=1)
        try:
            async with engine.begin() as connection:
                return await what(connection)
        finally:
            await engine.dispose()

    return asyncio.run(go())


def test_any_of_three_is_parked_says_so_and_begins_with_the_first_that_is_done(gateway: Gateway, process):
    *others, task = order(gateway, {}, {}, {}, some("any", 0, 1, 2))
    keys = gateway.query("SELECT wake_key FROM tasks WHERE id = %(id)s", id=task)
    assert keys == [{"wake_key": f"task:some:{task}:1"}]
    assert "waits for 1 of 3 tasks, of which 0 are completed" in shown(gateway, task)["waiting_for"][0]["reason"]
    cancel(gateway, others[0])
    assert awake(gateway, [task]) == 1
    assert work_on(gateway, process, others[2]) == "completed"
    published(gateway, task)


def test_who_was_woken_in_vain_waits_on_for_the_next_end(gateway: Gateway, process):
    *others, task = order(gateway, {}, {}, {"scheduled_for": "2040-01-01T00:00:00Z"}, some({"at_least": 2}, 0, 1, 2))
    assert work_on(gateway, process, others[0]) == "completed"
    gateway.query("UPDATE tasks SET status = 'scheduled', not_before = '2040-01-01' WHERE id = %(id)s", id=others[1])
    assert held(gateway, task) == "waits for 2 of 3 tasks, of which 1 are completed"
    assert awake(gateway, [task]) == 0
    gateway.query("UPDATE tasks SET status = 'pending', not_before = NULL WHERE id = %(id)s", id=others[1])
    assert work_on(gateway, process, others[1]) == "completed"
    wire = Wire()
    lead_until(gateway, wire, lambda: task in wire.tasks, rounds=10)


def test_it_fails_once_too_few_are_left_and_no_sooner(gateway: Gateway, process):
    *others, task = order(gateway, {}, {}, {"scheduled_for": "2040-01-01T00:00:00Z"}, some({"at_least": 2}, 0, 1, 2))
    cancel(gateway, others[0])
    assert work_on(gateway, process, others[1]) == "completed"
    assert held(gateway, task) == "waits for 2 of 3 tasks, of which 1 are completed"
    cancel(gateway, others[2])
    lead_until(gateway, Wire(), lambda: shown(gateway, task)["status"] == "failed", rounds=10)
    error = shown(gateway, task)["error"]
    assert error["code"] == "dependency_failed"
    assert error["message"] == "2 of 3 tasks failed or were cancelled, and 2 must be completed"


def test_who_fell_with_an_entry_is_replayed_with_one_of_its_tasks(gateway: Gateway):
    *others, task = order(gateway, {}, {}, some("any", 0, 1))
    for other in others:
        gateway.query(
            "SET session_replication_role = replica; UPDATE tasks SET status = 'failed', finished_at = now(),"
            f" error = jsonb_build_object('code', 'x', 'message', 'x') WHERE id = '{other}'"
        )
        gateway.query(
            "INSERT INTO wake_backlog (workspace_id, key) SELECT workspace_id, 'task:' || id FROM tasks WHERE id = %(id)s",
            id=other,
        )
    serve_lanes(gateway, "system")
    lead_until(gateway, Wire(), lambda: shown(gateway, task)["status"] == "failed", rounds=10)
    offered = gateway.post("/api/dead-letters/replay", {"ids": [others[0]]}).json()
    assert offered["dependents"] == [task]
    gateway.post("/api/dead-letters/replay", {"ids": [task]}).raise_for_status()
    assert shown(gateway, task)["waiting_for"][0]["reason"] == "waits for 1 of 2 tasks, of which 0 are completed"


def test_settled_waits_for_every_end_and_fails_with_none(gateway: Gateway, process):
    *others, task = order(gateway, {}, {}, some("settled", 0, 1))
    cancel(gateway, others[0])
    assert others[1] in shown(gateway, task)["waiting_for"][0]["reason"]
    assert work_on(gateway, process, others[1]) == "completed"
    published(gateway, task)


def test_every_entry_must_hold(gateway: Gateway, process):
    first, second, third, task = order(
        gateway, {}, {}, {"scheduled_for": "2040-01-01T00:00:00Z"}, {
            "dependencies": ["#0", {"tasks": ["#0", "#1"], "need": "any"}, {"tasks": ["#0", "#2"], "need": "any"}]
        },
    )  # fmt: skip
    cancel(gateway, second)
    cancel(gateway, third)
    assert shown(gateway, task)["dependencies"] == [
        first,
        {"tasks": sorted([first, second]), "need": "any"},
        {"tasks": sorted([first, third]), "need": "any"},
    ]
    assert work_on(gateway, process, first) == "completed"
    published(gateway, task)


def test_more_than_are_woken_at_once_hear_of_the_end_of_one_among_theirs(gateway: Gateway, process):
    count = 2 * parking.AT_ONCE + 50
    ids = order(gateway, {}, {"scheduled_for": "2040-01-01T00:00:00Z"}, *([some("any", 0, 1)] * count))
    assert awake(gateway, ids[2:]) == 0
    assert work_on(gateway, process, ids[0]) == "completed"
    assert awake(gateway, ids[2:]) == parking.AT_ONCE
    gateway.query("DELETE FROM workers")
    lead_until(gateway, Wire(), lambda: awake(gateway, ids[2:]) == count, rounds=20, sweep_s=600.0)
    assert gateway.query("SELECT count(*) AS n FROM wake_backlog") == [{"n": 0}]


def test_the_sweep_finds_who_was_not_told_of_an_entry(gateway: Gateway):
    *others, decided, dead, waiting = order(
        gateway, {}, {}, {"scheduled_for": "2040-01-01T00:00:00Z"},
        some("any", 0, 2), some({"at_least": 2}, 0, 1, 2) | {}, some({"at_least": 2}, 0, 2, 1),
    )  # fmt: skip
    gateway.query(
        "SET session_replication_role = replica; UPDATE tasks SET status = 'completed', finished_at = now()"
        f" WHERE id = '{others[0]}'"
    )

    async def sweep(connection: AsyncConnection) -> int:
        return (await parking.sweep(connection, parking.BEGINNING, 100))[0]

    assert in_database(gateway, sweep) == 1
    assert (awake(gateway, [decided]), awake(gateway, [dead, waiting])) == (1, 0)
    gateway.query(
        "SET session_replication_role = replica; UPDATE tasks SET status = 'failed', finished_at = now()"
        f" WHERE id IN ('{others[1]}', '{others[2]}')"
    )
    assert in_database(gateway, sweep) == 2
    assert awake(gateway, [dead, waiting]) == 2


def test_nobody_is_parked_on_an_entry_that_was_decided_meanwhile(gateway: Gateway, process):
    *others, task = order(gateway, {}, {}, some("any", 0, 1))
    assert work_on(gateway, process, others[0]) == "completed"

    async def park(connection: AsyncConnection) -> int:
        return await parking.park(connection, {UUID(task): f"task:some:{task}:1"})

    assert in_database(gateway, park) == 0
    assert awake(gateway, [task]) == 1


def test_what_comes_after_a_task_begins_so_long_after_its_end(gateway: Gateway, process):
    first, task = order(gateway, {}, {"after": {"task": "#0", "offset_s": 3600}})
    assert shown(gateway, task)["after"] == {"task": first, "offset_s": 3600}
    assert first in shown(gateway, task)["waiting_for"][0]["reason"]
    assert work_on(gateway, process, first) == "completed"
    ended = datetime.fromisoformat(shown(gateway, first)["finished_at"])
    (waits,) = [one for one in shown(gateway, task)["waiting_for"] if one["gate"] == "dependencies"]
    assert datetime.fromisoformat(waits["until"]) == ended + timedelta(hours=1)
    serve_lanes(gateway, "system")
    wire = Wire()
    lead_until(gateway, wire, lambda: shown(gateway, task)["status"] == "scheduled", rounds=10)
    assert datetime.fromisoformat(shown(gateway, task)["not_before"]) == ended + timedelta(hours=1)
    gateway.query("UPDATE tasks SET finished_at = finished_at - interval '1 hour' WHERE id = %(id)s", id=first)
    gateway.query("UPDATE tasks SET not_before = now() WHERE id = %(id)s", id=task)
    lead_until(gateway, wire, lambda: task in wire.tasks, rounds=10)


def test_what_comes_after_a_task_that_failed_fails(gateway: Gateway):
    first, task = order(gateway, {}, {"after": {"task": "#0", "offset_s": 0}})
    cancel(gateway, first)
    serve_lanes(gateway, "system")
    lead_until(gateway, Wire(), lambda: shown(gateway, task)["status"] == "failed", rounds=10)
    assert shown(gateway, task)["error"]["code"] == "dependency_failed"
