"""Is each task of a batch done once and only once, whoever claims, cancels, dies or comes late?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import events
from shared.db.session import connect
from shared.engine.store import batches, release
from shared.engine.store.attempts import Process
from shared.engine.store.batches import ClaimedBatch, EndedInBatch
from tests.support.gateway import PROBE, Gateway
from tests.support.stack import wait_for

ONE, OTHER = Process("here", 1, "a"), Process("here", 2, "b")
TIMES = {"timeout_s": 10.0, "lease_s": 5.0}


@pytest.fixture
async def engine(gateway: Gateway) -> AsyncIterator[AsyncEngine]:
    engine = connect(gateway.settings, "dispatcher")
    yield engine
    await engine.dispose()


def submitted(gateway: Gateway, number: int) -> list[UUID]:
    return [UUID(task) for task in gateway.post("/api/scheduler/tasks", {"tasks": [PROBE] * number}).json()["ids"]]


async def released(engine: AsyncEngine, tasks: list[UUID]) -> UUID:
    batch = uuid4()
    async with engine.begin() as connection:
        await release.release(connection, [], {batch: tasks})
    return batch


async def claimed(engine: AsyncEngine, batch: UUID, who: Process = ONE, kind: str = "probe") -> list[UUID]:
    async with engine.begin() as connection:
        return ids_of(await batches.claim(connection, batch, kind, who, **TIMES))


def ids_of(found: ClaimedBatch | None) -> list[UUID]:
    return [] if found is None else [UUID(task) for task in found.ids]


def completed(tasks: list[UUID]) -> EndedInBatch:
    return EndedInBatch([*map(str, tasks)], "done", "completed", result='{"pid": 1, "host": "here"}')


async def recorded(engine: AsyncEngine, batch: UUID, tasks: list[UUID], who: Process = ONE) -> int:
    async with engine.begin() as connection:
        return await batches.record(connection, who, batch, [completed(tasks)])


async def lost(engine: AsyncEngine, batch: UUID, *, only_expired: bool = False, most: int = 10) -> int:
    async with engine.begin() as connection:
        return await batches.lose(connection, batch, reason="it died", max_lost=most, only_expired=only_expired)


def told(gateway: Gateway, task: UUID) -> list[str]:
    return [event["type"] for event in gateway.http.get(f"/api/scheduler/task/{task}/events").json()["items"]]


def state(gateway: Gateway, task: UUID) -> dict[str, Any]:
    return gateway.query("SELECT * FROM tasks WHERE id = %(id)s", id=task)[0]


def attempts(gateway: Gateway, task: UUID) -> list[str]:
    rows = gateway.query("SELECT outcome FROM attempts WHERE task_id = %(id)s ORDER BY id", id=task)
    return [row["outcome"] for row in rows]


async def test_all_of_a_batch_end_once_with_an_attempt_each_and_gapless_numbers(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 5)
    batch = await released(engine, tasks)
    assert await claimed(engine, batch) == tasks
    assert await recorded(engine, batch, tasks) == len(tasks)
    for task in tasks:
        assert state(gateway, task)["status"] == "completed"
        assert attempts(gateway, task) == ["done"]
        assert told(gateway, task) == ["task.pending", "task.queued", "task.running", "task.completed"]
    seen = [event["seq"] for _, event in zip(range(20), gateway.events(after=0), strict=False)]
    assert seen == list(range(1, 21))
    assert gateway.query("SELECT count(*) AS rows FROM task_events") == [{"rows": 4}]
    assert gateway.query("SELECT 1 FROM batches") == []


async def test_a_second_message_of_the_same_batch_claims_nothing(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 2)
    batch = await released(engine, tasks)
    assert await claimed(engine, batch) == tasks
    assert await claimed(engine, batch, OTHER) == []
    await recorded(engine, batch, tasks)
    assert await claimed(engine, batch, OTHER) == []


async def test_a_message_of_another_type_claims_nothing(gateway: Gateway, engine: AsyncEngine):
    batch = await released(engine, submitted(gateway, 2))
    assert await claimed(engine, batch, kind="comment") == []


async def test_who_was_cancelled_before_the_claim_is_not_claimed(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 3)
    batch = await released(engine, tasks)
    assert gateway.http.delete(f"/api/scheduler/task/{tasks[1]}").status_code == 200
    assert await claimed(engine, batch) == [tasks[0], tasks[2]]
    assert told(gateway, tasks[1]) == ["task.pending", "task.queued", "task.cancelled"]


async def test_who_is_cancelled_after_the_claim_is_not_recorded_and_the_others_are(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 3)
    batch = await released(engine, tasks)
    await claimed(engine, batch)
    assert gateway.http.delete(f"/api/scheduler/task/{tasks[1]}").status_code == 200
    assert await recorded(engine, batch, tasks) == 2
    assert told(gateway, tasks[1]) == ["task.pending", "task.queued", "task.running", "task.cancelled"]
    assert attempts(gateway, tasks[1]) == []


async def test_a_batch_of_which_all_were_cancelled_is_gone_with_its_claim(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 2)
    batch = await released(engine, tasks)
    for task in tasks:
        gateway.http.delete(f"/api/scheduler/task/{task}")
    assert await claimed(engine, batch) == []
    assert gateway.query("SELECT 1 FROM batches") == []


async def test_one_that_fails_takes_no_other_with_it_and_one_of_whom_nothing_is_said_waits_again(
    gateway: Gateway, engine: AsyncEngine
):
    good, bad, silent = tasks = submitted(gateway, 3)
    batch = await released(engine, tasks)
    await claimed(engine, batch)
    error = {"code": "broken", "message": "It broke."}
    ended = [completed([good]), EndedInBatch([str(bad)], "failed", "failed", error=error)]
    async with engine.begin() as connection:
        await batches.record(connection, ONE, batch, ended)
    assert [state(gateway, task)["status"] for task in tasks] == ["completed", "failed", "pending"]
    assert [attempts(gateway, task) for task in tasks] == [["done"], ["failed"], ["gave_back"]]
    assert (state(gateway, bad)["error"], state(gateway, good)["error"]) == (error, None)
    assert told(gateway, silent)[-2:] == ["task.running", "task.pending"]


async def test_what_a_lost_batch_says_later_is_dropped(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 2)
    batch = await released(engine, tasks)
    await claimed(engine, batch)
    assert await lost(engine, batch) == 2
    assert await recorded(engine, batch, tasks) == 0
    assert {state(gateway, task)["status"] for task in tasks} == {"pending"}
    again = await released(engine, tasks)
    await claimed(engine, again, OTHER)
    assert await recorded(engine, batch, tasks) == 0
    assert await recorded(engine, again, tasks, ONE) == 0
    assert await recorded(engine, again, tasks, OTHER) == len(tasks)
    assert [attempts(gateway, task) for task in tasks] == [["lost", "done"]] * 2
    history = ["task.pending", "task.queued", "task.running", "task.pending", "task.queued", "task.running"]
    assert told(gateway, tasks[0]) == [*history, "task.completed"]


async def test_who_was_lost_too_often_fails(gateway: Gateway, engine: AsyncEngine):
    (task,) = submitted(gateway, 1)
    batch = await released(engine, [task])
    await claimed(engine, batch)
    assert await lost(engine, batch, most=1) == 1
    assert (state(gateway, task)["status"], state(gateway, task)["error"]["code"]) == ("failed", "lost")


async def test_a_batch_is_not_lost_before_its_lease_ends_and_its_own_process_renews_it(
    gateway: Gateway, engine: AsyncEngine
):
    tasks = submitted(gateway, 2)
    batch = await released(engine, tasks)
    await claimed(engine, batch)
    assert await lost(engine, batch, only_expired=True) == 0
    async with engine.begin() as connection:
        assert await batches.renew(connection, OTHER, [batch], 60) == set()
        assert await batches.renew(connection, ONE, [batch], 60) == {batch}
        assert await batches.expired(connection, 10) == []
    rows = gateway.query("SELECT lease_until = deadline_at AS bound FROM batches")
    assert rows == [{"bound": True}]
    gateway.query("UPDATE batches SET lease_until = now() - interval '1 second'")
    async with engine.begin() as connection:
        assert await batches.renew(connection, ONE, [batch], 60) == set()
        assert await batches.expired(connection, 10) == [batch]
        assert await batches.of_process(connection, "here", 1) == [batch]
    assert await lost(engine, batch, only_expired=True) == 2


async def test_what_nobody_claimed_is_published_again_and_what_is_empty_is_forgotten(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 2)
    full, empty = await released(engine, tasks[:1]), await released(engine, tasks[1:])
    gateway.http.delete(f"/api/scheduler/task/{tasks[1]}")
    async with engine.begin() as connection:
        assert {row.id for row in await batches.out(connection)} == {full, empty}
        assert await batches.unclaimed(connection, 10, 10) == []
    gateway.query("UPDATE batches SET published_at = now() - interval '11 seconds'")
    async with engine.begin() as connection:
        assert [row.id for row in await batches.unclaimed(connection, 10, 10)] == [full]
    async with engine.begin() as connection:
        assert await batches.unclaimed(connection, 10, 10) == []
        assert [row.id for row in await batches.out(connection)] == [full]


CANCEL = text(
    f"""
    WITH moved AS (UPDATE tasks t SET status = 'cancelled', finished_at = now() WHERE t.id = :id RETURNING {events.MOVED}),
    entries AS ({events.TASK_ENTRY}), {events.APPEND} SELECT count(*) FROM appended
    """
)
WAITING = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def somebody_waits(gateway: Gateway) -> None:
    await asyncio.to_thread(wait_for, "somebody waits for a lock", lambda: gateway.query(WAITING)[0]["n"] > 0)


async def test_a_claim_waits_for_who_is_just_leaving_and_goes_without_it(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 2)
    batch = await released(engine, tasks)
    async with engine.begin() as leaving:
        await leaving.execute(CANCEL, {"id": tasks[0]})
        claiming = asyncio.create_task(claimed(engine, batch))
        await somebody_waits(gateway)
    assert await claiming == tasks[1:]
    assert told(gateway, tasks[0]) == ["task.pending", "task.queued", "task.cancelled"]


async def test_who_leaves_while_it_is_claimed_was_running_before_it_was_cancelled(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 2)
    batch = await released(engine, tasks)

    async def cancel() -> None:
        async with engine.begin() as leaving:
            await leaving.execute(CANCEL, {"id": tasks[0]})

    async with engine.begin() as claiming:
        assert ids_of(await batches.claim(claiming, batch, "probe", ONE, **TIMES)) == tasks
        leaving = asyncio.create_task(cancel())
        await somebody_waits(gateway)
    await leaving
    assert told(gateway, tasks[0]) == ["task.pending", "task.queued", "task.running", "task.cancelled"]
    assert await recorded(engine, batch, tasks) == 1


async def test_a_record_and_a_cancel_of_the_same_task_end_it_once(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 2)
    batch = await released(engine, tasks)
    await claimed(engine, batch)
    async with engine.begin() as leaving:
        await leaving.execute(CANCEL, {"id": tasks[0]})
        recording = asyncio.create_task(recorded(engine, batch, tasks))
        await somebody_waits(gateway)
    assert await recording == 1
    assert [state(gateway, task)["status"] for task in tasks] == ["cancelled", "completed"]


async def test_what_nobody_has_claimed_is_given_back_whole_and_what_is_claimed_is_not(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 3)
    waits, goes = await released(engine, tasks[:2]), await released(engine, tasks[2:])
    await claimed(engine, goes)
    async with engine.begin() as connection:
        assert await batches.withdraw(connection, ["system"]) == 2
        assert await batches.give_back(connection, goes) == 0
    assert [state(gateway, task)["status"] for task in tasks] == ["pending", "pending", "queued"]
    assert told(gateway, tasks[0]) == ["task.pending", "task.queued", "task.pending"]
    assert await claimed(engine, waits) == []
    assert attempts(gateway, tasks[0]) == []


async def test_a_task_of_a_claimed_batch_is_shown_and_counted_as_running(gateway: Gateway, engine: AsyncEngine):
    tasks = submitted(gateway, 3)
    await claimed(engine, await released(engine, tasks[:2]))
    await released(engine, tasks[2:])
    seen = gateway.http.get(f"/api/scheduler/task/{tasks[0]}").json()
    assert seen["status"] == "running"
    assert seen["started_at"] is not None
    for status, there in (("running", tasks[:2]), ("queued", tasks[2:])):
        items = gateway.http.get("/api/scheduler/queue", params={"status": status, "probes": True}).json()["items"]
        assert {item["id"] for item in items} == {str(task) for task in there}
    totals = {row["status"]: row["tasks"] for row in gateway.query("SELECT * FROM task_totals()")}
    assert totals == {"running": 2, "queued": 1}
    load = gateway.query("SELECT queued, running FROM lane_load(ARRAY['system']) ORDER BY queued")
    assert load == [{"queued": 0, "running": 2}, {"queued": 1, "running": 0}]


async def test_whoever_waits_for_one_that_is_lost_too_often_is_asked_again(gateway: Gateway, engine: AsyncEngine):
    first = PROBE | {"max_retries": 0}
    ids = gateway.post("/api/scheduler/tasks", {"tasks": [first, PROBE | {"dependencies": ["#0"]}]}).json()["ids"]
    batch = await released(engine, [UUID(ids[0])])
    await claimed(engine, batch)
    assert state(gateway, UUID(ids[1]))["wake_key"] == f"task:{ids[0]}"
    await lost(engine, batch, most=1)
    assert state(gateway, UUID(ids[1]))["wake_key"] is None


async def test_whoever_waits_for_one_of_a_batch_is_asked_again_when_it_is_done(gateway: Gateway, engine: AsyncEngine):
    ids = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE, PROBE, PROBE | {"dependencies": ["#1"]}]}).json()["ids"]
    first, waits = [UUID(task) for task in ids[:2]], UUID(ids[2])
    batch = await released(engine, first)
    await claimed(engine, batch)
    assert state(gateway, waits)["wake_key"] == f"task:{ids[1]}"
    await recorded(engine, batch, first)
    assert state(gateway, waits)["wake_key"] is None
