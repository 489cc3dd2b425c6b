"""Do tasks that finished long ago leave the hot tables, and nothing that somebody still needs?"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from shared.db.session import connect
from shared.task_types.housekeeping import HousekeepingPayload, HousekeepingResult
from tests.support.gateway import PROBE, Gateway, comment, new_workspace
from tests.support.ledger import add_effect, add_proof
from workers.executors import housekeeping

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 16


def keep_house(gateway: Gateway, **settings: Any) -> HousekeepingResult:
    """One run, as a worker does it."""

    async def run() -> HousekeepingResult:
        engine = connect(gateway.settings, "worker")
        work: Any = SimpleNamespace(
            engine=engine, settings=gateway.settings.model_copy(update=settings), payload=HousekeepingPayload()
        )
        try:
            return await housekeeping.perform(work)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def end(gateway: Gateway, task: dict[str, Any], days: int, status: str = "completed", result: str = "{}") -> None:
    """It finished so many days ago, and so is its history."""
    with gateway.owner() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE tasks SET status = %s, result = CAST(%s AS jsonb), finished_at = now() - make_interval(days => %s)"
            " WHERE id = %s",
            [status, result, days, task["id"]],
        )
        connection.execute(
            "UPDATE task_events SET time = now() - make_interval(days => %s) WHERE task_id = %s", [days, task["id"]]
        )


def left(gateway: Gateway) -> set[str]:
    return {str(row["id"]) for row in gateway.query("SELECT id FROM tasks")}


def test_a_month_old_task_goes_with_all_its_rows_and_is_still_found(gateway: Gateway):
    gateway.submit()
    task, path = gateway.submit(comment(gateway.settings)), "/api/scheduler/task"
    with gateway.owner() as connection:
        proof = add_proof(connection, add_effect(connection, task["id"], "confirmed", "17"))
    gateway.query("UPDATE effects SET settled_at = now() - interval '31 days'")
    gateway.query("UPDATE attempts SET dead_at = now()")
    folder = gateway.settings.home / "proofs"
    folder.mkdir(exist_ok=True)
    (folder / f"{proof}.png").write_bytes(PNG)
    end(gateway, task, 31, result='{"external_id": "17"}')
    before = gateway.http.get(f"{path}/{task['id']}").json()

    done = keep_house(gateway)

    assert (done.archived_tasks, done.events) == (1, 1)
    assert gateway.http.get(f"{path}/{task['id']}").json() == before
    assert gateway.http.get(f"{path}/{task['id']}/events").json()["items"] == []
    assert gateway.http.get(f"/api/proofs/{proof}").content == PNG
    for table in ("attempts", "effects", "proofs"):
        assert gateway.query(f"SELECT count(*) AS n FROM {table}") == [{"n": 0}]
    document = gateway.query("SELECT document FROM archived_tasks")[0]["document"]
    assert [len(document[part]) for part in ("attempts", "effects", "proofs")] == [1, 1, 1]
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read",)))
    assert theirs.get(f"{path}/{task['id']}").status_code == 404
    assert theirs.get(f"/api/proofs/{proof}").status_code == 404


def test_what_is_younger_or_not_finished_stays(gateway: Gateway):
    young, open_one = gateway.submit(), gateway.submit()
    end(gateway, young, 29)
    gateway.query("UPDATE tasks SET created_at = now() - interval '90 days'")
    assert keep_house(gateway).archived_tasks == 0
    assert left(gateway) == {young["id"], open_one["id"]}
    assert keep_house(gateway, keep_finished_d=20).archived_tasks == 1
    assert left(gateway) == {open_one["id"]}


@pytest.mark.parametrize(
    ("outcome", "settled", "stays"),
    [
        ("confirmed", "29 days", True),
        ("refused", "29 days", True),
        ("confirmed", "31 days", False),
        ("unknown", None, True),
        ("intended", None, True),
    ],
)
def test_an_effect_that_still_counts_or_is_unknown_keeps_its_task(gateway: Gateway, outcome: str, settled, stays):
    task = gateway.submit(comment(gateway.settings))
    with gateway.owner() as connection:
        add_effect(connection, task["id"], outcome, "17")
    gateway.query("UPDATE effects SET settled_at = now() - CAST(%(ago)s AS interval)", ago=settled)
    end(gateway, task, 40, "failed")
    assert (keep_house(gateway).archived_tasks == 0) == stays


@pytest.mark.parametrize(("status", "stays"), [("pending", True), ("failed", True), ("completed", False)])
def test_what_somebody_depends_on_stays_until_that_is_over(gateway: Gateway, status: str, stays):
    needed = gateway.submit()
    waiting = gateway.submit(dependencies=[needed["id"]])
    end(gateway, needed, 40)
    end(gateway, waiting, 1, status)
    keep_house(gateway)
    assert (needed["id"] in left(gateway)) == stays
    assert waiting["id"] in left(gateway)


def test_a_chain_of_old_tasks_goes_whole(gateway: Gateway):
    tasks = [PROBE, *(PROBE | {"dependencies": [f"#{n}"]} for n in range(3))]
    ids = gateway.post("/api/scheduler/tasks", {"tasks": tasks}).json()["ids"]
    for task in ids:
        end(gateway, {"id": task}, 40, "failed")
    assert keep_house(gateway).archived_tasks == 4
    assert left(gateway) == set()
    assert gateway.http.get(f"/api/scheduler/task/{ids[3]}").json()["dependencies"] == [ids[2]]


def test_many_go_in_batches_and_the_history_of_what_stays_is_whole(gateway: Gateway, monkeypatch):
    monkeypatch.setattr(housekeeping, "TASKS_AT_ONCE", 100)
    monkeypatch.setattr(housekeeping, "EVENTS_AT_ONCE", 100)
    stays = gateway.submit()
    gateway.post("/api/scheduler/tasks", {"tasks": [PROBE] * 250})
    with gateway.owner() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE tasks SET status = 'completed', finished_at = now() - interval '31 days' WHERE id <> %s", [stays["id"]]
        )
        connection.execute("UPDATE task_events SET time = now() - interval '31 days'")
    done = keep_house(gateway)
    assert (done.archived_tasks, done.events) == (250, 250)
    assert gateway.query("SELECT task_id::text AS id FROM task_events") == [{"id": stays["id"]}]
