"""Does a running task make others once, and does it wait for them without a worker until the last one is over?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shared.db.session import connect
from shared.engine.store import archive
from shared.errors import Transient
from shared.task_types.probe import SPEC as PROBE_SPEC
from shared.task_types.probe import ProbePayload
from shared.tasks.drafting import children as drafting
from shared.tasks.drafting.order import TaskOrder
from tests.support.dispatching import Wire, lead_for, lead_until, serve_lanes
from tests.support.gateway import Gateway
from tests.support.stepping import LANE, SPEC, SteppingPayload, SteppingResult
from tests.support.worker import work_on
from workers.attempts.process import WorkerProcess
from workers.executors.contract import Child, Work

pytestmark = pytest.mark.timeout(60)

CHILDREN = "SELECT id::text, status, parent_step FROM tasks WHERE parent_id = %(id)s ORDER BY id"
COUNTS = "SELECT total, left_open, completed, failed, cancelled FROM child_counts WHERE task_id = %(id)s"
BY_STATE = """
    SELECT count(*)::int AS total,
           (count(*) FILTER (WHERE status NOT IN ('completed', 'failed', 'cancelled')))::int AS left_open,
           (count(*) FILTER (WHERE status = 'completed'))::int AS completed,
           (count(*) FILTER (WHERE status = 'failed'))::int AS failed,
           (count(*) FILTER (WHERE status = 'cancelled'))::int AS cancelled
    FROM tasks WHERE parent_id = %(id)s"""


def probe(lane: str = "system", **more: Any) -> TaskOrder:
    return TaskOrder(PROBE_SPEC, ProbePayload(lane=lane), **more)


@pytest.fixture
def parent(gateway: Gateway, stored: Callable[..., str]) -> str:
    """A task of the type `stepping`, and a worker for the lanes of its children."""
    serve_lanes(gateway, "system", LANE)
    return stored(priority=2)


@pytest.fixture
def three(performed) -> list[tuple[Child, ...]]:
    """It makes three probes, waits for them, and what came of them is put here."""
    got: list[tuple[Child, ...]] = []

    async def perform(work: Work[Any]) -> SteppingResult:
        await work.spawn("parts", [probe(), probe(), probe()])
        got.append(await work.join("parts"))
        return SteppingResult(ids=[one.status for one in got[-1]])

    performed(perform)
    return got


def children_of(gateway: Gateway, task: str) -> list[str]:
    counted(gateway, task)
    return [row["id"] for row in gateway.query(CHILDREN, id=task)]


def counted(gateway: Gateway, task: str) -> dict[str, int]:
    """The counts, which are what counting would come to."""
    [counts] = gateway.query(COUNTS, id=task)
    assert gateway.query(BY_STATE, id=task) == [counts]
    return counts


def shown(gateway: Gateway, task: str) -> dict[str, Any]:
    found: dict[str, Any] = gateway.http.get(f"/api/scheduler/task/{task}").json()
    return found


def fail(gateway: Gateway, task: str) -> None:
    gateway.query("UPDATE tasks SET expires_at = now() - interval '1 s' WHERE id = %(id)s", id=task)
    lead_until(gateway, Wire(), lambda: shown(gateway, task)["status"] == "failed", rounds=20)


def test_a_later_attempt_gets_the_same_children_whatever_it_orders(
    gateway: Gateway, process: WorkerProcess, parent: str, performed
):
    async def perform(work: Work[Any]) -> SteppingResult:
        got.append(await work.spawn("parts", [probe()] * (len(got) + 2)))
        raise Transient(message="The next step failed.")

    got: list[tuple[Any, ...]] = []
    performed(perform)
    for _ in range(2):
        assert work_on(gateway, process, parent) == "scheduled"
        gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'scheduled'")
    assert [str(one) for one in got[0]] == children_of(gateway, parent)
    assert got[0] == got[1]
    assert len(got[0]) == 2


def test_children_are_like_their_parent_and_say_whose_they_are(gateway: Gateway, process: WorkerProcess, parent: str, three):
    assert work_on(gateway, process, parent) == "pending"
    [run] = gateway.query("SELECT workspace_id, run_id, correlation_id, author FROM tasks WHERE id = %(id)s", id=parent)
    for child in children_of(gateway, parent):
        [row] = gateway.query("SELECT workspace_id, run_id, correlation_id, author FROM tasks WHERE id = %(id)s", id=child)
        assert row == run
        assert (shown(gateway, child)["parent_id"], shown(gateway, child)["priority"]) == (parent, 2)
    listed = gateway.http.get("/api/scheduler/queue", params={"parent_id": parent}).json()["items"]
    assert sorted(one["id"] for one in listed) == children_of(gateway, parent)
    assert shown(gateway, parent)["children"] == {"total": 3, "open": 3, "completed": 0, "failed": 0, "cancelled": 0}
    assert gateway.http.get("/api/scheduler/queue", params={"parent_id": listed[0]["id"]}).json()["items"] == []


def test_the_parent_holds_nothing_says_for_how_many_it_waits_and_goes_on_after_the_last_one(
    gateway: Gateway, process: WorkerProcess, parent: str, three
):
    assert work_on(gateway, process, parent) == "pending"
    assert gateway.query("SELECT count(*) AS n FROM attempts WHERE ended_at IS NULL") == [{"n": 0}]
    wire = Wire()
    lead_for(gateway, wire, 3)
    assert gateway.query("SELECT wake_key FROM tasks WHERE id = %(id)s", id=parent) == [
        {"wake_key": f"task:children:{parent}"}
    ]
    first, second, third = children_of(gateway, parent)
    assert {first, second, third} <= wire.tasks
    assert parent not in wire.tasks
    assert shown(gateway, parent)["waiting_for"][0]["reason"] == "waits for 3 of 3 children"
    gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'queued'")
    assert work_on(gateway, process, first) == "completed"
    gateway.http.delete(f"/api/scheduler/task/{second}").raise_for_status()
    assert counted(gateway, parent) == {"total": 3, "left_open": 1, "completed": 1, "failed": 0, "cancelled": 1}
    assert shown(gateway, parent)["waiting_for"][0]["reason"] == "waits for 1 of 3 children"
    explained = gateway.http.get(f"/api/scheduler/task/{parent}/explain").json()
    assert [gate["reason"] for gate in explained["gates"] if not gate["open"]] == ["waits for 1 of 3 children"]
    gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'queued'")
    wire = Wire()
    lead_for(gateway, wire, 5)
    assert parent not in wire.tasks

    gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'queued'")
    assert work_on(gateway, process, third) == "completed"
    wire = Wire()
    lead_until(gateway, wire, lambda: parent in wire.tasks, rounds=10, sweep_s=600)
    gateway.query("UPDATE tasks SET status = 'pending' WHERE id = %(id)s", id=parent)
    assert work_on(gateway, process, parent) == "completed"
    assert shown(gateway, parent)["result"]["ids"] == ["completed", "cancelled", "completed"]
    assert [(str(one.id), one.status) for one in three[-1]] == [
        (first, "completed"), (second, "cancelled"), (third, "completed")
    ]  # fmt: skip


def test_when_the_children_begin_is_known_before_and_so_is_when_their_parent_goes_on(
    gateway: Gateway, process: WorkerProcess, parent: str, three
):
    assert work_on(gateway, process, parent) == "pending"
    expected = gateway.http.get("/api/scheduler/plan").json()["items"]
    starts = {one["task_id"]: one["expected_start"] for one in expected}
    assert all(starts[child] and starts[child] < starts[parent] for child in children_of(gateway, parent))


def test_an_unknown_child_is_not_over_and_one_that_is_tried_again_is_waited_for_again(
    gateway: Gateway, process: WorkerProcess, parent: str, three
):
    assert work_on(gateway, process, parent) == "pending"
    first, second, third = children_of(gateway, parent)
    fail(gateway, first)
    assert counted(gateway, parent)["failed"] == 1
    gateway.post(f"/api/scheduler/task/{first}/retry").raise_for_status()
    assert counted(gateway, parent) == {"total": 3, "left_open": 3, "completed": 0, "failed": 0, "cancelled": 0}
    gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'queued'")
    for child in (first, second):
        assert work_on(gateway, process, child) == "completed"
    gateway.query("UPDATE tasks SET status = 'queued', released_at = now() WHERE id = %(id)s", id=third)
    gateway.query("UPDATE tasks SET status = 'running' WHERE id = %(id)s", id=third)
    gateway.query("UPDATE tasks SET status = 'unknown' WHERE id = %(id)s", id=third)
    assert counted(gateway, parent)["left_open"] == 1
    wire = Wire()
    lead_for(gateway, wire, 5)
    assert parent not in wire.tasks
    gateway.query("UPDATE tasks SET status = 'completed' WHERE id = %(id)s", id=third)
    lead_until(gateway, wire, lambda: parent in wire.tasks, rounds=10)


def test_cancelling_the_parent_cancels_what_has_not_begun_over_all_levels_and_asks_the_rest(
    gateway: Gateway, process: WorkerProcess, parent: str, performed
):
    async def perform(work: Work[Any]) -> SteppingResult:
        if str(work.task_id) == parent:
            await work.spawn("parts", [nested, probe(), probe()])
        else:
            await work.spawn("parts", [probe()])
        await work.join("parts")
        return SteppingResult(ids=[])

    nested = TaskOrder(SPEC, SteppingPayload(), platform="instagram", account="demo")
    performed(perform)
    assert work_on(gateway, process, parent) == "pending"
    child, waiting, running = children_of(gateway, parent)
    assert work_on(gateway, process, child) == "pending"
    [below] = children_of(gateway, child)
    gateway.query("UPDATE tasks SET status = 'queued', released_at = now() WHERE id = %(id)s", id=running)
    gateway.query("UPDATE tasks SET status = 'running' WHERE id = %(id)s", id=running)
    gateway.http.delete(f"/api/scheduler/task/{parent}").raise_for_status()
    for one in (parent, child, waiting, below):
        assert shown(gateway, one)["status"] == "cancelled"
    assert shown(gateway, waiting)["error"]["code"] == "parent_cancelled"
    assert (shown(gateway, running)["status"], shown(gateway, running)["cancel_requested"]) == ("running", True)
    assert counted(gateway, parent) == {"total": 3, "left_open": 1, "completed": 0, "failed": 0, "cancelled": 2}


def test_who_was_cancelled_makes_no_children(gateway: Gateway, process: WorkerProcess, parent: str, performed):
    async def perform(work: Work[Any]) -> SteppingResult:
        gateway.query("UPDATE tasks SET cancel_requested = true WHERE id = %(id)s", id=parent)
        await work.spawn("parts", [probe()])
        return SteppingResult(ids=[])

    performed(perform)
    assert work_on(gateway, process, parent) == "cancelled"
    assert gateway.query(CHILDREN, id=parent) == []


def test_an_attempt_that_holds_its_task_no_more_makes_no_children(
    gateway: Gateway, process: WorkerProcess, parent: str, performed
):
    async def perform(work: Work[Any]) -> SteppingResult:
        gateway.query("UPDATE attempts SET ended_at = now(), outcome = 'lost', dead_at = now()")
        await work.spawn("parts", [probe()])
        return SteppingResult(ids=[])

    performed(perform)
    assert work_on(gateway, process, parent) == "running"  # somebody else goes on with it
    assert gateway.query(CHILDREN, id=parent) == []


@pytest.mark.parametrize(
    ("orders", "code", "said"),
    [
        ([probe(), probe("chromium.nowhere.x")], "not_found", "tasks[1].payload.lane"),
        ([probe(platform="instagram", account="nobody")], "not_found", "nobody"),
        ([probe(), probe(dependencies=(1,))], "cycle", "tasks[1].dependencies"),
        ([probe()] * 4, "too_many_children", "at most; these would be 4"),
    ],
)
def test_what_cannot_be_is_refused_for_good_and_nothing_of_it_is_stored(
    gateway: Gateway, process: WorkerProcess, parent: str, performed, monkeypatch, orders, code: str, said: str
):
    async def perform(work: Work[Any]) -> SteppingResult:
        await work.spawn("parts", orders)
        return SteppingResult(ids=[])

    monkeypatch.setattr(drafting, "MOST_CHILDREN", 3)
    performed(perform)
    assert work_on(gateway, process, parent) == "failed"
    error = shown(gateway, parent)["error"]
    assert error["code"] == code
    assert said in error["message"]
    assert gateway.query(CHILDREN, id=parent) == []
    assert shown(gateway, parent)["children"] is None


def test_another_workspaces_account_and_tasks_are_nobodys(gateway: Gateway, process: WorkerProcess, parent: str, performed):
    theirs = "00000000-0000-7000-8000-0000000000aa"
    gateway.query("INSERT INTO workspaces (id, name) VALUES (%(id)s, 'theirs')", id=theirs)
    gateway.query("INSERT INTO personas (id, workspace_id, name, zone) VALUES (%(id)s, %(id)s, 'theirs', 'UTC')", id=theirs)
    gateway.query(
        "INSERT INTO accounts (id, workspace_id, persona_id, platform, handle, transport, origin, practice, state)"
        " SELECT %(id)s, %(id)s, %(id)s, platform, 'only_theirs', 'api', origin, practice, state FROM accounts"
        " WHERE platform = 'instagram'",
        id=theirs,
    )

    async def perform(work: Work[Any]) -> SteppingResult:
        await work.spawn("parts", [TaskOrder(SPEC, SteppingPayload(), platform="instagram", account="only_theirs")])
        return SteppingResult(ids=[])

    performed(perform)
    assert work_on(gateway, process, parent) == "failed"
    assert "only_theirs" in shown(gateway, parent)["error"]["message"]


def test_tasks_make_tasks_over_three_levels_and_no_more(gateway: Gateway, process: WorkerProcess, parent: str, performed):
    async def perform(work: Work[Any]) -> SteppingResult:
        made.append(str((await work.spawn("next", [TaskOrder(SPEC, SteppingPayload(), "instagram", "demo")]))[0]))
        return SteppingResult(ids=[])

    made = [parent]
    performed(perform)
    for level in range(3):
        assert work_on(gateway, process, made[level]) == "completed"
    assert work_on(gateway, process, made[3]) == "failed"
    assert shown(gateway, made[3])["error"]["code"] == "too_deep"


def test_none_at_all_are_over_at_once(gateway: Gateway, process: WorkerProcess, parent: str, performed):
    async def perform(work: Work[Any]) -> SteppingResult:
        assert await work.spawn("parts", []) == ()
        return SteppingResult(ids=[str(one) for one in await work.join("parts")])

    performed(perform)
    assert work_on(gateway, process, parent) == "completed"


def test_a_thousand_children_that_end_at_once_wake_their_parent_once(
    gateway: Gateway, process: WorkerProcess, parent: str, performed
):
    async def perform(work: Work[Any]) -> SteppingResult:
        await work.spawn("parts", [probe()] * 1000)
        return SteppingResult(ids=[str(len(await work.join("parts")))])

    performed(perform)
    assert work_on(gateway, process, parent) == "pending"
    assert len(children_of(gateway, parent)) == 1000
    lead_for(gateway, Wire(), 2)
    gateway.query("UPDATE tasks SET status = 'pending' WHERE parent_id IS NOT NULL AND status = 'queued'")
    gateway.query("UPDATE tasks SET status = 'cancelled', finished_at = now() WHERE parent_id = %(id)s", id=parent)
    assert counted(gateway, parent)["cancelled"] == 1000
    assert gateway.query("SELECT key FROM wake_backlog") == [{"key": f"task:children:{parent}"}]
    wire = Wire()
    lead_until(gateway, wire, lambda: parent in wire.tasks, rounds=10, sweep_s=600)


def test_what_a_loss_of_the_database_may_have_swallowed_is_looked_for_first(
    gateway: Gateway, process: WorkerProcess, parent: str, three
):
    gateway.query(
        "INSERT INTO database_losses (found_at, since, until, marked_at, reason)"
        " VALUES (now() + interval '1 minute', now(), now(), now(), 'a test')"
    )
    assert work_on(gateway, process, parent) == "pending"
    doubted = gateway.query("SELECT doubted_at = created_at AS doubted FROM tasks WHERE parent_id = %(id)s", id=parent)
    assert doubted == [{"doubted": True}] * 3


def test_children_stay_with_their_parent_and_go_into_the_archive_before_it(
    gateway: Gateway, process: WorkerProcess, parent: str, three
):
    assert work_on(gateway, process, parent) == "pending"
    children = children_of(gateway, parent)
    for child in children:
        assert work_on(gateway, process, child) == "completed"
    gateway.query("UPDATE tasks SET finished_at = now() - interval '90 days' WHERE parent_id IS NOT NULL")
    assert archived(gateway) == 0
    assert work_on(gateway, process, parent) == "completed"
    gateway.query("UPDATE tasks SET finished_at = now() - interval '90 days' WHERE id = %(id)s", id=parent)
    assert [archived(gateway), archived(gateway)] == [3, 1]
    assert shown(gateway, parent)["children"] == {"total": 3, "open": 0, "completed": 3, "failed": 0, "cancelled": 0}
    assert shown(gateway, children[0])["parent_id"] == parent


def archived(gateway: Gateway) -> int:
    async def go() -> int:
        engine = connect(gateway.settings, "worker", pool_size=1)
        async with engine.begin() as connection:
            moved = await archive.move_old(connection, 30, 500)
        await engine.dispose()
        return moved

    return asyncio.run(go())
