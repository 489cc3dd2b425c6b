"""Is a batch that the dispatcher releases done by a worker, and by nobody else, whatever happens to the worker?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.task_types.registry import TASK_TYPES
from tests.support.dispatching import Wire, lead_for, lead_until, serve_lanes
from tests.support.gateway import PROBE, Gateway
from tests.support.worker import worker
from workers.attempts.attempt import run_message
from workers.attempts.process import WorkerProcess
from workers.executors import probe

SPEC = TASK_TYPES["probe"]


@pytest.fixture
def process(gateway: Gateway) -> Iterator[WorkerProcess]:
    with worker(gateway) as process:
        yield process


def released(gateway: Gateway, number: int) -> tuple[list[str], list[str]]:
    """So many probes, released; their ids, and the batches in which they are. The timetable's own have others."""
    serve_lanes(gateway, "system")
    ids: list[str] = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE] * number}).json()["ids"]
    wire = Wire()
    lead_until(gateway, wire, lambda: set(ids) <= wire.tasks)
    query = "SELECT DISTINCT batch_id::text AS id FROM tasks WHERE id = ANY (%(ids)s::uuid[])"
    return ids, [row["id"] for row in gateway.query(query, ids=ids)]


def deliver(process: WorkerProcess, batch: str) -> None:
    process.run(run_message(process, SPEC, {"batch": batch, "tasks": []}))
    process.run(process.recorded())


def states(gateway: Gateway, ids: list[str]) -> list[str]:
    rows = gateway.query("SELECT id::text AS id, status FROM tasks WHERE id = ANY (%(ids)s::uuid[])", ids=ids)
    found = {row["id"]: row["status"] for row in rows}
    return [found[task] for task in ids]


def outcomes(gateway: Gateway, ids: list[str]) -> list[str]:
    query = "SELECT outcome FROM attempts WHERE task_id = ANY (%(ids)s::uuid[]) ORDER BY task_id, id"
    return [row["outcome"] for row in gateway.query(query, ids=ids)]


def test_all_probes_of_a_batch_are_done_by_one_message(gateway: Gateway, process: WorkerProcess):
    ids, batches = released(gateway, 20)
    assert len(batches) == 1
    deliver(process, batches[0])
    assert states(gateway, ids) == ["completed"] * 20
    assert outcomes(gateway, ids) == ["done"] * 20
    deliver(process, batches[0])
    assert outcomes(gateway, ids) == ["done"] * 20


def test_one_that_fails_is_tried_again_and_takes_no_other_with_it(
    gateway: Gateway, process: WorkerProcess, monkeypatch: pytest.MonkeyPatch
):
    ids, batches = released(gateway, 3)
    done = probe.EXECUTOR.perform

    async def perform(work: Any) -> Any:
        if str(work.task_id) == ids[1]:
            message = "no"
            raise OSError(message)
        return await done(work)

    monkeypatch.setattr("workers.attempts.batch.EXECUTORS", {"probe": type(probe.EXECUTOR)(SPEC, perform)})
    deliver(process, batches[0])
    assert states(gateway, ids) == ["completed", "scheduled", "completed"]
    assert outcomes(gateway, [ids[1]]) == ["failed"]
    assert gateway.query("SELECT retry_count AS n FROM tasks WHERE id = %(id)s", id=ids[1]) == [{"n": 1}]


def test_a_worker_that_stops_gives_a_batch_back(gateway: Gateway, process: WorkerProcess):
    ids, batches = released(gateway, 3)
    process.is_stopping = True
    deliver(process, batches[0])
    assert states(gateway, ids) == ["pending"] * 3
    assert outcomes(gateway, ids) == []


def test_a_worker_of_an_earlier_version_takes_nothing_and_the_batch_is_published_again(
    gateway: Gateway, process: WorkerProcess
):
    ids, batches = released(gateway, 3)
    process.run(run_message(process, SPEC, {"tasks": []}))  # all that it reads of the message
    assert states(gateway, ids) == ["queued"] * 3
    gateway.query("UPDATE batches SET published_at = now() - interval '1 minute'")
    wire = Wire()
    lead_for(gateway, wire, 3)
    assert batches[0] in wire.batches
    deliver(process, batches[0])
    assert states(gateway, ids) == ["completed"] * 3


def test_a_new_leader_publishes_what_nobody_has_claimed(gateway: Gateway):
    _, batches = released(gateway, 3)
    wire = Wire()
    lead_for(gateway, wire, 1)
    assert set(batches) <= set(wire.batches)


def test_an_expired_batch_waits_again_and_says_why(gateway: Gateway):
    ids, _ = released(gateway, 3)
    gateway.query("UPDATE batches SET host = 'gone', pid = 1, claimed_at = now(), deadline_at = now(), lease_until = now()")
    wire = Wire()
    lead_until(gateway, wire, lambda: set(ids) <= wire.tasks)
    assert outcomes(gateway, ids) == ["lost"] * 3
    lost = gateway.query("SELECT DISTINCT lost_count AS n FROM tasks WHERE id = ANY (%(ids)s::uuid[])", ids=ids)
    assert lost == [{"n": 1}]


def test_a_lane_that_lost_its_workers_gives_its_batches_back(gateway: Gateway):
    ids, _ = released(gateway, 3)
    gateway.query("DELETE FROM workers")
    wire = Wire()
    lead_until(gateway, wire, lambda: states(gateway, ids) == ["pending"] * 3)
    assert gateway.query("SELECT 1 FROM batches") == []


def test_a_task_that_an_earlier_dispatcher_published_alone_leaves_its_batch(gateway: Gateway, process: WorkerProcess):
    ids, batches = released(gateway, 3)
    process.run(run_message(process, SPEC, {"tasks": [[ids[1], 1]]}))
    process.run(process.recorded())
    deliver(process, batches[0])
    assert states(gateway, ids) == ["completed"] * 3
    assert outcomes(gateway, ids) == ["done"] * 3
