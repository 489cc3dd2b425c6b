"""Is what a task has made kept, does it wait without holding anything, and does it say how far it is?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from connectors.contract.following import Following
from shared.errors import ContentRejected, Transient
from shared.outward_content import CommentContent
from shared.task_types.registry import TASK_TYPES
from tests.support import stepping
from tests.support.acting import Calling
from tests.support.gateway import Gateway
from tests.support.stack import Stack
from tests.support.stepping import CHILDREN, KEPT, PART, Place, SteppingResult
from tests.support.worker import work_on
from workers.attempts import attempt, presence
from workers.attempts.process import WorkerProcess
from workers.executors.contract import Step, Work
from workers.interrupted import NotYet

LASTS = timedelta(hours=1)
EVENTS = "SELECT type, data FROM task_events WHERE task_id = %(id)s AND type LIKE 'task.%%' ORDER BY seq"
OPEN_ATTEMPTS = "SELECT count(*) AS n FROM attempts WHERE ended_at IS NULL"


@pytest.fixture
def task(gateway: Gateway, stored: Callable[..., str]) -> str:
    """A task of the type `stepping`, and a keeper that is there."""
    gateway.query("UPDATE hosts SET keeper_seen_at = now() + interval '1 hour'")
    return stored()


def its_time_has_come(gateway: Gateway) -> None:
    gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'scheduled'")


def test_what_is_kept_is_made_again_only_after_its_end(gateway: Gateway, process: WorkerProcess, task: str, performed):
    made: list[int] = []

    async def make() -> dict[str, list[int]]:
        made.append(len(made))
        return {"parts": made[-1:]}

    async def perform(work: Work[Any]) -> SteppingResult:
        kept = await work.keep("upload", make, LASTS)
        if len(got) < 2:
            got.append(kept)
            raise Transient(message="The next step failed.")
        return SteppingResult(ids=[str(kept["parts"])])

    got: list[dict[str, list[int]]] = []
    performed(perform)
    assert work_on(gateway, process, task) == "scheduled"
    its_time_has_come(gateway)
    assert work_on(gateway, process, task) == "scheduled"
    assert got == [{"parts": [0]}] * 2

    gateway.query("UPDATE kept_steps SET expires_at = now()")
    its_time_has_come(gateway)
    assert work_on(gateway, process, task) == "completed"
    assert gateway.http.get(f"/api/scheduler/task/{task}").json()["result"]["ids"] == ["[1]"]


def test_an_attempt_that_holds_its_task_no_more_keeps_nothing(
    gateway: Gateway, process: WorkerProcess, task: str, performed
):
    async def make() -> str:
        gateway.query("UPDATE attempts SET ended_at = now(), outcome = 'lost', dead_at = now()")
        return "x"

    async def perform(work: Work[Any]) -> SteppingResult:
        return SteppingResult(ids=[await work.keep("upload", make, LASTS)])

    performed(perform)
    assert work_on(gateway, process, task) == "running"  # somebody else goes on with it
    assert gateway.query("SELECT * FROM kept_steps") == []


def test_a_cancel_is_heard_between_two_kept_steps(gateway: Gateway, process: WorkerProcess, task: str, performed):
    async def make() -> str:
        gateway.query("UPDATE tasks SET cancel_requested = true")
        return "x"

    async def perform(work: Work[Any]) -> SteppingResult:
        return SteppingResult(ids=[await work.keep(name, make, LASTS) for name in KEPT])

    performed(perform)
    assert work_on(gateway, process, task) == "cancelled"
    assert [row["step"] for row in gateway.query("SELECT step FROM kept_steps")] == ["upload"]


def test_what_is_no_plain_json_is_not_kept(gateway: Gateway, process: WorkerProcess, task: str, performed):
    async def make() -> tuple[int, ...]:
        return (1, 2)

    async def perform(work: Work[Any]) -> SteppingResult:
        return SteppingResult(ids=[str(await work.keep("upload", make, LASTS))])

    performed(perform)
    work_on(gateway, process, task)
    [row] = gateway.query("SELECT error FROM tasks WHERE id = %(id)s", id=task)
    assert (row["error"]["code"], row["error"]["message"]) == ("internal", "What step 'upload' came to is no plain JSON.")


def test_between_two_looks_a_task_holds_nothing_and_nothing_becomes_of_it(
    gateway: Gateway, process: WorkerProcess, task: str, performed
):
    async def perform(work: Work[Any]) -> SteppingResult:
        await work.progress("processing", 10 * len(waits), 100, "%")
        raise work.not_yet(Following(every_s=60, grows=2, longest_s=200, patience=4), "processing")

    waits: list[float] = []
    performed(perform)
    for _ in range(3):
        assert work_on(gateway, process, task) == "scheduled"
        assert gateway.query(OPEN_ATTEMPTS) == [{"n": 0}]
        [row] = gateway.query(
            "SELECT extract(epoch FROM t.not_before - a.ended_at)::int AS wait"
            " FROM tasks t JOIN attempts a ON a.task_id = t.id ORDER BY a.id DESC LIMIT 1"
        )
        waits.append(row["wait"])
        [shown] = gateway.query("SELECT error, retry_count, looks FROM tasks")
        assert shown == {"error": {"code": "being_made", "message": "processing"}, "retry_count": 0, "looks": len(waits)}
        its_time_has_come(gateway)
    assert [round(wait, -1) for wait in waits] == [60, 120, 200]
    said = [event["type"] for event in gateway.query(EVENTS, id=task) if event["type"] != "task.progress"]
    assert said[-2:] == ["task.running", "task.scheduled"]
    assert said.count("task.running") == 1

    assert work_on(gateway, process, task) == "failed"
    [row] = gateway.query("SELECT error, looks FROM tasks")
    assert (row["error"]["code"], row["looks"]) == ("not_made_in_time", 0)
    assert gateway.query(EVENTS, id=task)[-1]["type"] == "task.failed"


def test_a_look_that_counts_for_nothing_uses_up_no_patience(gateway: Gateway, process: WorkerProcess, task: str, performed):
    async def perform(work: Work[Any]) -> SteppingResult:
        raise work.not_yet(Following(patience=2), "queued", counts=False)

    performed(perform)
    for _ in range(4):
        assert work_on(gateway, process, task) == "scheduled"
        its_time_has_come(gateway)


def test_how_far_a_task_is_stands_in_its_answer_and_in_one_event_a_second(
    gateway: Gateway, process: WorkerProcess, task: str, performed
):
    async def perform(work: Work[Any]) -> SteppingResult:
        for done in range(1, 51):
            await work.progress("upload", done, 50, "MB")
        return SteppingResult(ids=[])

    performed(perform)
    assert work_on(gateway, process, task) == "completed"
    shown = gateway.http.get(f"/api/scheduler/task/{task}").json()["progress"]
    assert shown == {"step": "upload", "done": 50, "total": 50, "unit": "MB"}
    told = [event["data"] for event in gateway.query(EVENTS, id=task) if event["type"] == "task.progress"]
    assert told[0] == {"step": "upload", "done": 1, "total": 50, "unit": "MB"}
    [span] = gateway.query("SELECT extract(epoch FROM finished_at - started_at) AS s FROM tasks")
    assert len(told) <= 1 + span["s"]


def test_a_step_with_a_number_is_another_one_and_what_its_type_does_not_name_is_none(
    gateway: Gateway, process: WorkerProcess, task: str, performed, calling: Calling
):
    async def perform(work: Work[Any]) -> SteppingResult:
        steps = [Step(name, "https://example.test/p", CommentContent(text=name)) for name in names]
        return SteppingResult(ids=[(await work.do(step)).external_id for step in steps])

    names = ["post", "post.2", "post.02"]
    performed(perform)
    assert work_on(gateway, process, task) == "scheduled"
    [row] = gateway.query("SELECT error, acted FROM tasks")
    assert (row["error"]["message"], row["acted"]) == ("A stepping has no outward step 'post.02'.", False)

    names.pop()
    its_time_has_come(gateway)
    assert work_on(gateway, process, task) == "completed"
    assert calling.calls == 2
    assert gateway.http.get(f"/api/scheduler/task/{task}").json()["result"]["ids"] == ["m1", "m2"]


def test_the_parts_of_one_post_are_one_in_the_budgets_and_wait_for_no_pause(
    gateway: Gateway, process: WorkerProcess, task: str, performed, calling: Calling
):
    async def perform(work: Work[Any]) -> SteppingResult:
        steps = [Step(name, "https://example.test/p", CommentContent(text=name)) for name in ("post", "post.2", "post.3")]
        return SteppingResult(ids=[(await work.do(step)).external_id for step in steps])

    limits = {"rules": [{"action": "comment", "window_s": 3600, "max": 1}], "spacing_s": [600, 600]}
    gateway.http.put("/api/limits", params={"scope": "workspace"}, json=limits).raise_for_status()
    performed(perform)
    assert work_on(gateway, process, task) == "completed"
    assert [row["part"] for row in gateway.query("SELECT part FROM effects ORDER BY id")] == [False, True, True]
    [use] = gateway.http.get("/api/limits", params={"scope": "workspace"}).json()["rules"]
    assert (use["used"], use["max"]) == (1, 1)


def test_a_task_that_fails_after_some_of_its_steps_says_what_went_out(
    gateway: Gateway, process: WorkerProcess, task: str, performed, calling: Calling
):
    async def perform(work: Work[Any]) -> SteppingResult:
        for name in ("post", "post.2"):
            await work.do(Step(name, "https://example.test/p", CommentContent(text=name)))
        raise ContentRejected(message="The third one is too long.")

    performed(perform)
    assert work_on(gateway, process, task) == "failed"
    shown = gateway.http.get(f"/api/scheduler/task/{task}").json()
    assert [(part["step"], part["external_id"]) for part in shown["result"]["partial"]] == [("post", "m1"), ("post.2", "m2")]
    assert shown["error"]["message"] == "The third one is too long."


@pytest.fixture
def two_posts(gateway: Gateway, process: WorkerProcess, task: str, performed, calling: Calling) -> list[str]:
    """A task that posts twice and was lost behind its first post; the steps that its next attempts do are in the list."""

    async def perform(work: Work[Any]) -> SteppingResult:
        made = [await work.do(Step(name, "https://example.test/p", CommentContent(text=name))) for name in names]
        if len(names) == 1:
            raise NotYet(message="It goes on later.", wait_s=600)
        return SteppingResult(ids=[one.external_id for one in made])

    names = ["post"]
    performed(perform)
    assert work_on(gateway, process, task) == "scheduled"
    names.append("post.2")
    return names


def test_who_cancels_a_task_that_has_done_a_part_has_it_stop_before_the_next_and_say_what_went_out(
    gateway: Gateway, process: WorkerProcess, task: str, two_posts: list[str], calling: Calling
):
    asked = gateway.http.delete(f"/api/scheduler/task/{task}").json()
    assert (asked["status"], asked["cancel_requested"]) == ("pending", True)
    [row] = gateway.query("SELECT acted, not_before FROM tasks")
    assert (row["acted"], row["not_before"]) == (True, None)  # nothing outward follows, and nothing holds it
    [event] = gateway.query("SELECT data FROM task_events WHERE data ->> 'did' = 'cancel_requested'")
    assert event["data"]["by"]

    assert work_on(gateway, process, task) == "cancelled"
    shown = gateway.http.get(f"/api/scheduler/task/{task}").json()
    assert [(part["step"], part["external_id"]) for part in shown["result"]["partial"]] == [("post", "m1")]
    assert (calling.calls, calling.prepared) == (1, 1)


def test_a_task_of_which_all_was_done_is_completed_though_somebody_cancels_it(
    gateway: Gateway, process: WorkerProcess, task: str, two_posts: list[str], calling: Calling, monkeypatch
):
    its_time_has_come(gateway)
    with monkeypatch.context() as patch:
        patch.setattr(attempt, "_record", never)
        assert work_on(gateway, process, task) == "running"
    gateway.http.delete(f"/api/scheduler/task/{task}").raise_for_status()
    presence.close_attempts_of(gateway.settings, os.getpid())
    gateway.query("UPDATE attempts SET dead_at = now() WHERE outcome = 'lost'")
    assert gateway.query("SELECT status, acted FROM tasks") == [{"status": "pending", "acted": True}]
    assert work_on(gateway, process, task) == "completed"
    assert calling.calls == 2


async def never(*_: Any) -> None:
    """Nothing is recorded."""


@pytest.mark.parametrize("error", [Transient(message="x"), NotYet(message="x", wait_s=60)], ids=["failed", "waits"])
def test_a_cancelled_task_that_would_be_tried_again_behind_a_part_says_what_went_out(
    gateway: Gateway, process: WorkerProcess, task: str, performed, calling: Calling, error: Exception
):
    async def perform(work: Work[Any]) -> SteppingResult:
        await work.do(Step("post", "https://example.test/p", CommentContent(text="post")))
        raise error

    performed(perform)
    calling.during = lambda: gateway.http.delete(f"/api/scheduler/task/{task}").raise_for_status()
    assert work_on(gateway, process, task) == "cancelled"
    shown = gateway.http.get(f"/api/scheduler/task/{task}").json()
    assert [part["external_id"] for part in shown["result"]["partial"]] == ["m1"]


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_whoever_ends_a_task_that_has_done_a_part_it_says_what_went_out_and_goes_on_where_it_stopped(
    gateway: Gateway, process: WorkerProcess, task: str, two_posts: list[str], calling: Calling, status: str
):
    gateway.query(
        "INSERT INTO runs (id, workspace_id, kind, name) SELECT id, workspace_id, 'stepping', 'x' FROM tasks;"
        " UPDATE tasks SET run_id = id, status = 'pending', acted = true, cancel_requested = true"
    )
    gateway.query("UPDATE tasks SET status = %(status)s, finished_at = now()", status=status)
    [row] = gateway.query("SELECT result FROM tasks")
    assert [part["step"] for part in row["result"]["partial"]] == ["post"]

    gateway.post(f"/api/runs/{task}/retry", {"from_step": task}).raise_for_status()
    assert gateway.query("SELECT acted, cancel_requested FROM tasks") == [{"acted": False, "cancel_requested": False}]
    assert work_on(gateway, process, task) == "completed"
    assert gateway.http.get(f"/api/scheduler/task/{task}").json()["result"]["ids"] == ["m1", "m2"]
    assert calling.calls == 2


READY = """
    SELECT id::text, type, status FROM tasks t
    WHERE type IN ('stepping', 'stepping_part') AND status IN ('pending', 'unknown') AND NOT EXISTS (
        SELECT FROM child_counts n WHERE n.task_id = t.id AND n.step = t.awaits AND n.left_open > 0)
    ORDER BY id"""
FAR = """
    SELECT status, coalesce((SELECT done FROM task_progress p WHERE p.task_id = t.id), 0) AS done
    FROM tasks t WHERE id = %(id)s"""


@pytest.mark.timeout(300)  # some forty processes, one after the other
def test_killed_at_every_boundary_nothing_kept_is_made_again_and_nothing_outward_or_no_child_twice(
    gateway: Gateway, task: str, tmp_path, monkeypatch
):
    monkeypatch.setitem(TASK_TYPES, PART.type, PART)
    place, stack = Place(tmp_path), Stack(gateway.settings, tmp_path / "stack", traced=False)
    far, killed, waited, status = [0], 0, 0, "pending"
    with _hands(stack, place) as hand_over:
        while status != "completed":
            for row in gateway.query(READY):
                code, pid = hand_over(*_release(gateway, row))
                if code == -9:
                    killed += 1
                    presence.close_attempts_of(gateway.settings, pid)
                    gateway.query("UPDATE attempts SET dead_at = now() WHERE outcome = 'lost' AND dead_at IS NULL")
                assert gateway.query(OPEN_ATTEMPTS) == [{"n": 0}]
            assert killed < 40
            [row] = gateway.query(FAR, id=task)
            status = row["status"]
            far.append(row["done"])
            waited += status == "scheduled"
            its_time_has_come(gateway)

    assert killed == len(list(place.folder.glob("struck *"))) == 1 + len(KEPT) + 1 + 4 + CHILDREN + 4
    assert waited == stepping.LOOKS - 1
    made = [*(f"made {name}" for name in KEPT), *(f"made part {number}" for number in range(CHILDREN))]
    assert sorted(line for line in place.done() if line != "looked") == sorted([*made, "posted post", "posted post.2"])
    assert far == sorted(far)
    shown = gateway.http.get(f"/api/scheduler/task/{task}").json()
    assert (far[-1], shown["result"]) == (
        stepping.STEPS, {"ids": ["post", "post.2"], "numbers": list(range(CHILDREN))}
    )  # fmt: skip
    assert shown["children"] == {"total": CHILDREN, "open": 0, "completed": CHILDREN, "failed": 0, "cancelled": 0}


def _release(gateway: Gateway, row: dict[str, Any]) -> tuple[str, str, int]:
    moved = "verify_released = true" if row["status"] == "unknown" else "status = 'queued'"
    [released] = gateway.query(
        f"UPDATE tasks SET {moved}, release_seq = release_seq + 1, released_at = now(), published_at = now()"
        " WHERE id = %(id)s RETURNING release_seq",
        id=row["id"],
    )
    return row["type"], row["id"], released["release_seq"]


@contextmanager
def _hands(stack: Stack, place: Place) -> Iterator[Callable[[str, str, int], tuple[int, int]]]:
    """What has a process of its own work on a message, and answers how that ended and its pid."""
    for name in ("orders", "answers"):
        os.mkfifo(place.folder / name)
    told = {"CALLSHEET_POOL": "instagram", "STEPPING_FOLDER": str(place.folder)}
    stack.start("stepping", "-m", "tests.support.stepping", kind="pool", **told)
    with (place.folder / "orders").open("w") as orders, (place.folder / "answers").open() as answers:

        def hand_over(kind: str, task: str, number: int) -> tuple[int, int]:
            print(kind, task, number, file=orders, flush=True)
            pid, code = answers.readline().split()
            return int(code), int(pid)

        yield hand_over
    stack.kill_all()
