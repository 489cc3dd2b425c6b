"""Can a part of a run be done again, and only what has failed, been cancelled or fallen with it?"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.gateway import PROBE, Gateway
from tests.support.worker import work_on, worker


def a_run(gateway: Gateway, *orders: dict[str, Any]) -> tuple[str, list[str]]:
    """A run of these probes."""
    answer = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE | one for one in orders]})
    assert answer.status_code == 201, answer.text
    ids: list[str] = answer.json()["ids"]
    run = str(uuid4())
    gateway.query(
        "INSERT INTO runs (id, workspace_id, kind, name) VALUES (%(run)s, %(workspace)s, 'pipeline', 'everywhere')",
        run=run,
        workspace=gateway.workspace_id,
    )
    gateway.query("UPDATE tasks SET run_id = %(run)s WHERE id = ANY (CAST(%(ids)s AS uuid[]))", run=run, ids=ids)
    return run, ids


def move(gateway: Gateway, task: str, *states: str, code: str = "x") -> None:
    for state in states:
        gateway.query(
            "UPDATE tasks SET status = CAST(%(state)s AS text), released_at = now(), not_before = now(),"
            " finished_at = CASE WHEN %(state)s IN ('failed', 'cancelled', 'completed') THEN now() END,"
            " error = CASE WHEN %(state)s = 'failed' THEN jsonb_build_object('code', %(code)s::text, 'message', 'x') END"
            " WHERE id = %(task)s",
            state=state,
            task=task,
            code=code,
        )


def status(gateway: Gateway, task: str) -> str:
    found: str = gateway.http.get(f"/api/scheduler/task/{task}").json()["status"]
    return found


def retry(gateway: Gateway, run: str, task: str, **headers: str) -> Any:
    return gateway.post(f"/api/runs/{run}/retry", {"from_step": task}, **headers)


def chain(gateway: Gateway) -> tuple[str, list[str]]:
    """One done, two that failed after one another, one beside them that was cancelled, and one that hangs on it."""
    orders = [{}, {"dependencies": ["#0"]}, {"dependencies": ["#1"]}, {"dependencies": ["#0"]}, {"dependencies": ["#3"]}]
    run, ids = a_run(gateway, *orders)
    gateway.query("UPDATE tasks SET wake_key = NULL, parked_at = NULL")
    move(gateway, ids[0], "queued", "running", "completed")
    move(gateway, ids[1], "queued", "running", "failed")
    move(gateway, ids[2], "failed", code="dependency_failed")
    move(gateway, ids[3], "cancelled")
    move(gateway, ids[4], "failed", code="dependency_failed")
    return run, ids


def test_a_task_and_what_depends_on_it_wait_again_and_the_others_are_left_alone(gateway: Gateway):
    run, ids = chain(gateway)
    answer = retry(gateway, run, ids[1])
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["id"]) == ("running", run)
    assert [status(gateway, task) for task in ids] == ["completed", "pending", "pending", "cancelled", "failed"]
    with worker(gateway) as process:
        assert [work_on(gateway, process, task) for task in ids[1:3]] == ["completed", "completed"]
    said = gateway.query(
        "SELECT task_id::text AS task FROM task_events WHERE data ->> 'replayed' = 'true' AND data ->> 'by' = 'local owner'"
        " ORDER BY task_id"
    )
    assert [one["task"] for one in said] == ids[1:3]


def test_what_is_done_stands_and_everything_behind_it_is_tried_again(gateway: Gateway):
    run, ids = chain(gateway)
    retry(gateway, run, ids[0]).raise_for_status()
    assert [status(gateway, task) for task in ids] == ["completed", *["pending"] * 4]
    [first] = gateway.query("SELECT count(*) AS n FROM attempts WHERE task_id = %(id)s", id=ids[0])
    assert first["n"] == 0


def test_one_that_was_cancelled_before_its_time_waits_for_it_again(gateway: Gateway):
    run, [task] = a_run(gateway, {"scheduled_for": "2040-01-01T00:00:00Z"})
    gateway.post(f"/api/runs/{run}/cancel").raise_for_status()
    assert retry(gateway, run, task).json()["status"] == "waiting"
    shown = gateway.http.get(f"/api/scheduler/task/{task}").json()
    assert (shown["status"], shown["not_before"], shown["error"]) == ("scheduled", "2040-01-01T00:00:00Z", None)


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(gateway: Gateway):
    run, ids = chain(gateway)
    first = retry(gateway, run, ids[1], Idempotency_Key="again")
    move(gateway, ids[1], "queued", "running", "failed")
    assert retry(gateway, run, ids[1], Idempotency_Key="again").json() == first.json()
    assert status(gateway, ids[1]) == "failed"
    assert retry(gateway, run, ids[3], Idempotency_Key="again").json()["code"] == "key_reused"


def test_what_nobody_knows_the_outcome_of_is_decided_first(gateway: Gateway):
    run, ids = chain(gateway)
    move(gateway, ids[3], "pending", "queued", "running", "unknown")
    answer = retry(gateway, run, ids[0])
    assert (answer.status_code, answer.json()["code"]) == (409, "outcome_unknown")
    assert ids[3] in answer.json()["detail"]
    assert status(gateway, ids[1]) == "failed"


def test_what_would_fail_again_says_where_to_begin(gateway: Gateway):
    run, ids = chain(gateway)
    answer = retry(gateway, run, ids[2])
    assert (answer.status_code, answer.json()["code"]) == (409, "dependency_failed")
    assert ids[1] in answer.json()["detail"]


@pytest.mark.parametrize("of", ["run", "task", "another run"])
def test_what_is_not_there_is_said(gateway: Gateway, of: str):
    run, ids = chain(gateway)
    other = {"run": (str(uuid4()), ids[1]), "task": (run, str(uuid4()))}.get(of) or (a_run(gateway, {})[0], ids[1])
    assert retry(gateway, *other).status_code == 404


def test_where_nothing_has_failed_nothing_is_done(gateway: Gateway):
    run, ids = a_run(gateway, {}, {"dependencies": ["#0"]})
    answer = retry(gateway, run, ids[0])
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")


def test_with_a_task_goes_what_it_has_made_that_was_cancelled_with_it(gateway: Gateway):
    run, [parent, child] = a_run(gateway, {}, {})
    gateway.query(
        "UPDATE tasks SET parent_id = %(parent)s, parent_step = 'parts' WHERE id = %(id)s", parent=parent, id=child
    )
    gateway.query(
        "INSERT INTO child_counts (task_id, step, workspace_id, attempt_id, total, left_open)"
        " SELECT id, 'parts', workspace_id, 1, 1, 1 FROM tasks WHERE id = %(id)s",
        id=parent,
    )
    gateway.post(f"/api/runs/{run}/cancel").raise_for_status()
    retry(gateway, run, parent).raise_for_status()
    assert [status(gateway, task) for task in (parent, child)] == ["pending", "pending"]
    counts = gateway.http.get(f"/api/scheduler/task/{parent}").json()["children"]
    assert counts == {"total": 1, "open": 1, "completed": 0, "failed": 0, "cancelled": 0}
