"""Does what was done outside stand as done, whatever ends its task before an attempt has recorded it?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.contract.action import Receipt
from shared.db.session import connect
from shared.engine.store import approvals, release
from shared.errors import ContentRejected, Transient
from tests.integration.workers.executors.test_films import Studio, studio  # noqa: F401 - a fixture
from tests.support.acting import Calling
from tests.support.claimed import claimed_account, claimed_task
from tests.support.dispatching import serve_lanes
from tests.support.failover import closed
from tests.support.gateway import Gateway, comment
from tests.support.worker import work_on
from workers.attempts import attempt, presence
from workers.attempts.effect_ledger import AttemptLedger
from workers.attempts.process import WorkerProcess

pytestmark = pytest.mark.timeout(60)

Die = Callable[..., str]


@pytest.fixture
def die(gateway: Gateway, process: WorkerProcess, calling: Calling, monkeypatch) -> Die:
    """Has a task done by a child that dies after the effect was confirmed and before its attempt is recorded."""

    async def never(*_: Any) -> None:
        """Nothing is recorded."""

    def do(task: str, *, max_lost: int = 10) -> str:
        with monkeypatch.context() as patch:
            patch.setattr(attempt, "_record", never)
            assert work_on(gateway, process, task) == "running"
        assert calling.calls == 1
        settings = gateway.settings.model_copy(update={"max_lost": max_lost})
        presence.close_attempts_of(settings, os.getpid())
        gateway.query("UPDATE attempts SET dead_at = now() WHERE outcome = 'lost'")
        return str(shown(gateway, task)["status"])

    return do


def shown(gateway: Gateway, task: str) -> dict[str, Any]:
    answer: dict[str, Any] = gateway.http.get(f"/api/scheduler/task/{task}").json()
    return answer


def ordered(gateway: Gateway, **more: Any) -> str:
    return str(gateway.submit(comment(gateway.settings) | more)["id"])


def is_done(gateway: Gateway, task: str) -> bool:
    """Whether it says what was done, in its answer and in its last event."""
    answer = shown(gateway, task)
    [last] = gateway.query(
        "SELECT type FROM task_events WHERE task_id = %(id)s AND type LIKE 'task.%%' ORDER BY seq DESC LIMIT 1", id=task
    )
    assert (answer["status"], answer["error"], last["type"]) == ("completed", None, "task.completed")
    return bool(answer["result"]["external_id"] == "m1" and answer["finished_at"])


async def in_engine(gateway: Gateway, act: Callable[[Any], Any]) -> Any:
    engine = connect(gateway.settings, "dispatcher", pool_size=1)
    try:
        async with engine.begin() as connection:
            return await act(connection)
    finally:
        await engine.dispose()


def test_its_record_is_held_by_no_gate_and_nothing_is_done_again(gateway: Gateway, process, calling: Calling, die: Die):
    serve_lanes(gateway, "chromium.local.instagram")
    task = ordered(gateway)
    assert die(task) == "pending"
    gateway.query(
        "INSERT INTO cooldowns (account_id, workspace_id, cause, refusals, since, until, share)"
        " SELECT account_id, workspace_id, 'rate_limit', 1, now(), now() + interval '1 hour', 1 FROM tasks LIMIT 1;"
        " UPDATE tasks SET approval_required = true, expires_at = now() - interval '1 hour', resources = '{\"credits\": 3}'"
    )
    gateway.post("/api/scheduler/pause", {"scope": "all"}).raise_for_status()
    quiet = {"rules": [], "quiet": {"from": "00:00", "to": "23:59"}}
    gateway.http.put("/api/limits", params={"scope": "workspace"}, json=quiet).raise_for_status()

    assert closed(gateway, task) == {}
    assert work_on(gateway, process, task) == "completed"
    assert is_done(gateway, task)
    assert (calling.calls, calling.prepared) == (1, 1)


def test_a_client_who_cancels_it_is_told_that_it_was_done_and_so_is_what_waits_for_it(gateway: Gateway, die: Die):
    task = ordered(gateway)
    waiting = gateway.submit(dependencies=[task])["id"]
    die(task)
    answer = gateway.http.delete(f"/api/scheduler/task/{task}").json()
    assert (answer["status"], answer["result"]["external_id"]) == ("completed", "m1")
    assert is_done(gateway, task)
    assert gateway.query("SELECT wake_key FROM tasks WHERE id = %(id)s", id=waiting) == [{"wake_key": None}]
    [event] = gateway.query("SELECT data FROM task_events WHERE task_id = %(id)s AND type = 'task.completed'", id=task)
    assert event["data"]["did"] == "cancel_requested"
    assert gateway.http.delete(f"/api/scheduler/task/{task}").status_code == 409


@pytest.mark.parametrize("state", ["scheduled", "queued", "awaiting_approval"])
def test_in_whatever_state_it_waits_it_is_completed_by_a_cancel(gateway: Gateway, die: Die, state: str):
    task = ordered(gateway)
    die(task)
    gateway.query("UPDATE tasks SET not_before = now()")
    gateway.query("UPDATE tasks SET status = 'cancelled'")  # from where every one of these states is reached
    gateway.query("UPDATE tasks SET status = 'pending'")
    if state == "awaiting_approval":
        gateway.query("UPDATE tasks SET approval_required = true")
    gateway.query("UPDATE tasks SET status = %(state)s", state=state)
    assert gateway.http.delete(f"/api/scheduler/task/{task}").json()["status"] == "completed"
    assert is_done(gateway, task)


def test_a_cancel_that_came_while_it_ran_leaves_it_done_when_its_attempt_is_lost(
    gateway: Gateway, calling: Calling, die: Die
):
    task = ordered(gateway)
    calling.during = lambda: gateway.http.delete(f"/api/scheduler/task/{task}").raise_for_status()
    assert die(task) == "completed"
    assert is_done(gateway, task)


def test_lost_once_too_often_it_is_done(gateway: Gateway, die: Die):
    task = ordered(gateway)
    assert die(task, max_lost=1) == "completed"
    assert is_done(gateway, task)


@pytest.mark.parametrize(
    ("error", "cancelled"),
    [
        (Transient(message="later"), True),
        (Transient(message="for the last time"), False),
        (ContentRejected(message="no"), False),
    ],
    ids=["cancelled", "retries used up", "refused"],
)
def test_a_failure_behind_its_effect_leaves_it_done(
    gateway: Gateway, process, calling: Calling, monkeypatch, error: Exception, cancelled
):
    executor = attempt.EXECUTORS["comment"]

    async def perform(work: Any) -> Any:
        await executor.perform(work)
        raise error

    monkeypatch.setitem(attempt.EXECUTORS, "comment", replace(executor, perform=perform))
    task = ordered(gateway, max_retries=3 if cancelled else 0)
    if cancelled:
        calling.during = lambda: gateway.http.delete(f"/api/scheduler/task/{task}").raise_for_status()
    assert work_on(gateway, process, task) == "completed"
    assert is_done(gateway, task)


def test_who_cancels_its_run_finds_it_done(gateway: Gateway, die: Die):
    task = ordered(gateway)
    die(task)
    gateway.query(
        "INSERT INTO runs (id, workspace_id, kind, name) SELECT id, workspace_id, 'comment_run', 'x' FROM tasks;"
        " UPDATE tasks SET run_id = id"
    )
    gateway.post(f"/api/runs/{task}/cancel").raise_for_status()
    assert is_done(gateway, task)


def test_who_ends_its_schedule_finds_it_done_and_it_is_not_counted(gateway: Gateway, die: Die):
    made = gateway.post("/api/schedules", {"task": comment(gateway.settings), "rule": "FREQ=DAILY;BYHOUR=9", "zone": "UTC"})
    assert made.status_code == 201, made.text
    task = ordered(gateway)
    die(task)
    gateway.query("UPDATE tasks SET schedule_id = %(id)s, schedule_slot = now()", id=made.json()["id"])
    ended = gateway.http.delete(f"/api/schedules/{made.json()['id']}").json()
    assert ended["cancelled"] == 0
    assert is_done(gateway, task)


def test_who_cancels_what_made_it_finds_it_done(gateway: Gateway, die: Die):
    parent, task = gateway.submit()["id"], ordered(gateway)
    die(task)
    gateway.query("UPDATE tasks SET parent_id = %(parent)s, parent_step = 'parts' WHERE id = %(id)s", parent=parent, id=task)
    assert gateway.http.delete(f"/api/scheduler/task/{parent}").json()["status"] == "cancelled"
    assert is_done(gateway, task)


def test_who_rejects_it_after_an_edit_finds_it_done_and_its_approval_does_not_expire(gateway: Gateway, die: Die):
    task = ordered(gateway)
    die(task)
    gateway.query("UPDATE tasks SET approval_required = true, approval_until = now() - interval '1 hour'")
    assert gateway.http.get("/api/approvals").json()["items"] == []
    assert asyncio.run(in_engine(gateway, lambda connection: approvals.expire(connection, 10))) == 0
    gateway.post(f"/api/scheduler/task/{task}/reject", {"reason": "no"}).raise_for_status()
    assert is_done(gateway, task)


def test_a_gate_that_would_fail_it_finds_it_done(gateway: Gateway, die: Die):
    task = ordered(gateway)
    die(task)
    failed = [{"id": task, "code": "expired", "message": "its time has passed"}]
    asyncio.run(in_engine(gateway, lambda connection: release.fail(connection, failed)))
    assert is_done(gateway, task)


def test_a_dependency_that_has_failed_since_does_not_fail_it(gateway: Gateway, process, die: Die):
    needed = gateway.submit()["id"]
    task = ordered(gateway, dependencies=[needed])
    die(task)
    gateway.query("UPDATE tasks SET status = 'failed', finished_at = now() WHERE id = %(id)s", id=needed)
    assert closed(gateway, task).keys() <= {"lane"}
    assert work_on(gateway, process, task) == "completed"


def test_what_is_done_changes_no_more(gateway: Gateway, die: Die):
    task = ordered(gateway)
    die(task)
    later = gateway.http.patch(f"/api/scheduler/task/{task}", json={"scheduled_for": "2099-01-01T00:00:00Z"})
    other = gateway.http.patch(
        f"/api/scheduler/task/{task}", json={"payload": comment(gateway.settings, text="x")["payload"]}
    )
    assert [(answer.status_code, answer.json()["code"]) for answer in (later, other)] == [(409, "done")] * 2


def test_a_missing_screenshot_that_cannot_be_taken_does_not_hold_the_record(
    gateway: Gateway, process, die: Die, monkeypatch
):
    task = ordered(gateway)
    die(task)
    process.sessions.clear()
    assert work_on(gateway, process, task) == "completed"
    assert is_done(gateway, task)


def test_a_video_that_is_ordered_and_cancelled_is_followed_to_its_end(studio: Studio):  # noqa: F811
    video = studio.video()
    assert studio.work(video) == "pending"
    answer = studio.gateway.http.delete(f"/api/scheduler/task/{video}").json()
    assert (answer["status"], answer["cancel_requested"]) == ("pending", True)
    assert studio.work(video) == "pending"
    assert studio.follow(video)[-1] == "completed"
    assert studio.work(video) == "completed"
    assert len(studio.first.orders) == 1


def test_evidence_that_comes_after_absent_was_concluded_has_the_task_recorded_by_its_next_attempt(
    gateway: Gateway, process, calling: Calling, die: Die
):
    task = ordered(gateway)
    die(task)
    gateway.query("ALTER TABLE effects DISABLE TRIGGER USER")
    gateway.query("UPDATE effects SET outcome = 'absent'")
    gateway.query("ALTER TABLE effects ENABLE TRIGGER USER")
    gateway.query("UPDATE tasks SET acted = false")
    row = claimed_task(gateway.query("SELECT * FROM tasks")[0], claimed_account())
    [effect] = gateway.query("SELECT id, external_id, external_url FROM effects")
    found = Receipt(effect["external_id"], effect["external_url"], "")
    process.run(AttemptLedger(process, row).settle(effect["id"], "confirmed", found))

    assert gateway.query("SELECT acted, cancel_requested FROM tasks") == [{"acted": True, "cancel_requested": True}]
    assert work_on(gateway, process, task) == "completed"
    assert calling.calls == 1
