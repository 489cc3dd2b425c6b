"""Does a run say what its tasks have come to, and is it cancelled as a whole?"""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared.db.session import connect
from shared.engine.store import archive
from tests.support.gateway import PROBE, Gateway, comment

ORDER = {"trilogy": "space", "account": "demo"}


def dm(platform: str) -> dict:
    return {"type": "dm", "platform": platform, "account": "demo", "payload": {"to": "maple_studio", "text": "Hello."}}


def trilogy(gateway: Gateway) -> dict:
    answer = gateway.post("/api/sora/queue-trilogy", ORDER)
    assert answer.status_code == 201, answer.text
    return answer.json()


def shown(gateway: Gateway, run: dict) -> dict:
    return gateway.http.get(f"/api/runs/{run['run_id']}").json()


def move(gateway: Gateway, task: str, *statuses: str) -> None:
    for status in statuses:
        gateway.query(
            "UPDATE tasks SET status = %(to)s, released_at = now(),"
            " finished_at = CASE WHEN %(to)s IN ('completed', 'failed') THEN now() END WHERE id = %(id)s",
            id=task,
            to=status,
        )


def some(counts: dict[str, int]) -> dict[str, int]:
    return {status: count for status, count in counts.items() if count}


def test_a_run_waits_runs_and_ends_as_its_tasks_do(gateway: Gateway):
    run = trilogy(gateway)
    first, second, third = run["task_ids"]
    found = shown(gateway, run)
    assert (found["kind"], found["name"], found["platform"], found["account"]) == ("trilogy", "space", "sora", "demo")
    assert found["accounts"] == [{"platform": "sora", "account": "demo"}]
    assert (found["status"], some(found["counts"]), found["task_ids"]) == ("waiting", {"pending": 3}, run["task_ids"])

    move(gateway, first, "queued")
    assert shown(gateway, run)["status"] == "running"
    move(gateway, first, "running", "completed")
    found = shown(gateway, run)
    assert (found["status"], some(found["counts"])) == ("running", {"completed": 1, "pending": 2})

    move(gateway, second, "queued", "running", "completed")
    move(gateway, third, "failed")
    found = shown(gateway, run)
    assert (found["status"], some(found["counts"])) == ("partial", {"completed": 2, "failed": 1})


def test_a_run_of_no_account_says_who_acts_in_it(gateway: Gateway):
    tasks = [PROBE, comment(gateway.settings), dm("tiktok"), comment(gateway.settings, text="Another one.")]
    ids = gateway.post("/api/scheduler/tasks", {"tasks": tasks}).json()["ids"]
    run = str(uuid4())
    gateway.query(
        "INSERT INTO runs (id, workspace_id, kind, name) VALUES (%(run)s, %(workspace)s, 'pipeline', 'everywhere')",
        run=run,
        workspace=gateway.workspace_id,
    )
    gateway.query("UPDATE tasks SET run_id = %(run)s WHERE id = ANY (CAST(%(ids)s AS uuid[]))", run=run, ids=ids)

    found = shown(gateway, {"run_id": run})
    assert (found["platform"], found["account"], found["task_ids"]) == (None, None, ids)
    assert found["accounts"] == [{"platform": "instagram", "account": "demo"}, {"platform": "tiktok", "account": "demo"}]
    assert [one["id"] for one in gateway.http.get("/api/runs").json()["items"]] == [run]
    cancelled = gateway.post(f"/api/runs/{run}/cancel").json()
    assert (cancelled["status"], some(cancelled["counts"])) == ("cancelled", {"cancelled": 4})


def test_runs_are_listed_newest_first_page_by_page(gateway: Gateway):
    made = [trilogy(gateway)["run_id"] for _ in range(3)]
    page = gateway.http.get("/api/runs", params={"limit": 2}).json()
    rest = gateway.http.get("/api/runs", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [run["id"] for run in page["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_cancelling_a_run_cancels_what_has_not_begun_and_asks_what_is_running_to_stop(gateway: Gateway):
    run = trilogy(gateway)
    other = trilogy(gateway)
    first, *others = run["task_ids"]
    move(gateway, first, "queued", "running")

    found = gateway.http.post(f"/api/runs/{run['run_id']}/cancel").json()

    assert (found["status"], some(found["counts"])) == ("running", {"running": 1, "cancelled": 2})
    assert gateway.http.get(f"/api/scheduler/task/{first}").json()["cancel_requested"]
    events = gateway.query(
        "SELECT task_id::text AS task, data->>'by' AS by FROM task_events WHERE type = 'task.cancelled' ORDER BY task_id"
    )
    assert events == [{"task": task, "by": "local owner"} for task in others]
    assert shown(gateway, other)["status"] == "waiting"

    move(gateway, first, "completed")
    assert shown(gateway, run)["status"] == "partial"


def test_a_run_of_which_nothing_was_done_is_cancelled_and_cannot_be_cancelled_again(gateway: Gateway):
    run = trilogy(gateway)
    path = f"/api/runs/{run['run_id']}"
    assert gateway.http.post(f"{path}/cancel").json()["status"] == "cancelled"
    again = gateway.http.post(f"{path}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "finished")


def test_what_fails_only_because_the_rest_was_cancelled_leaves_the_run_cancelled_and_a_failure_does_not(gateway: Gateway):
    run, other = trilogy(gateway), trilogy(gateway)
    for one, why in ((run, "dependency_failed"), (other, "content_rejected")):
        first, *others = one["task_ids"]
        gateway.http.delete(f"/api/scheduler/task/{first}").raise_for_status()
        for task in others:
            gateway.query(
                "UPDATE tasks SET error = jsonb_build_object('code', %(why)s::text) WHERE id = %(id)s", id=task, why=why
            )
            move(gateway, task, "failed")

    assert shown(gateway, run)["status"] == "cancelled"
    assert shown(gateway, other)["status"] == "failed"


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/cancel")])
def test_an_unknown_run_is_not_found(gateway: Gateway, method: str, rest: str):
    answer = gateway.http.request(method, f"/api/runs/01990f3c-0000-7000-8000-000000000000{rest}")
    assert answer.status_code == 404


async def test_what_a_run_was_made_of_stays_known_in_the_archive(gateway: Gateway):
    run = trilogy(gateway)
    gateway.http.post(f"/api/runs/{run['run_id']}/cancel")
    gateway.query("UPDATE tasks SET finished_at = now() - interval '100 days'")
    engine = connect(gateway.settings, "worker")
    for _ in run["task_ids"]:
        async with engine.begin() as connection:
            await archive.move_old(connection, 30, 500)
    await engine.dispose()

    assert gateway.query("SELECT id FROM tasks WHERE run_id IS NOT NULL") == []
    found = shown(gateway, run)
    assert (found["task_ids"], some(found["counts"])) == (run["task_ids"], {"cancelled": 3})
