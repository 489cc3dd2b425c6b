"""Do tasks that finished long ago leave the hot tables, and nothing that somebody still needs?"""

from __future__ import annotations

import asyncio
import os
import time
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from shared.accounts.acting import ActingAccount
from shared.db.session import connect
from shared.inbox.known import known_ids
from shared.inbox.receive import Incoming, Received, receive
from shared.task_types.housekeeping import HousekeepingPayload, HousekeepingResult
from tests.support.gateway import PROBE, Gateway, comment, new_workspace
from tests.support.ledger import add_effect, add_proof
from workers.executors import housekeeping
from workers.hosts import sweep

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


def proof_of(gateway: Gateway, number: int, days: int, name: str = "{}.png", content: bytes = PNG) -> str:
    """An effect's proof, taken so many days ago, with its file; its id."""
    task = gateway.submit(comment(gateway.settings, text=f"Number {number}."))
    with gateway.owner() as connection:
        proof = add_proof(connection, add_effect(connection, task["id"], "confirmed", str(number)))
    gateway.query(
        "UPDATE proofs SET created_at = now() - make_interval(days => %(days)s) WHERE id = %(id)s", days=days, id=proof
    )
    folder = gateway.settings.home / "proofs"
    folder.mkdir(exist_ok=True)
    (folder / name.format(proof)).write_bytes(content)
    return str(proof)


def sweep_up(gateway: Gateway, **settings: Any) -> int:
    """This machine's keeper looks after its files."""

    async def run() -> int:
        engine = connect(gateway.settings, "worker", pool_size=1)
        try:
            return await sweep.sweep(engine, gateway.settings.model_copy(update=settings))
        finally:
            await engine.dispose()

    return asyncio.run(run())


def answers(gateway: Gateway, *ids: str) -> list[int]:
    return [gateway.http.get(f"/api/proofs/{proof}").status_code for proof in ids]


def files(gateway: Gateway) -> set[str]:
    return {path.stem for path in (gateway.settings.home / "proofs").iterdir()}


def test_a_screenshot_goes_when_its_time_is_over_and_its_address_says_so(gateway: Gateway):
    old, young = proof_of(gateway, 1, 366), proof_of(gateway, 2, 364)
    assert (keep_house(gateway).proofs, keep_house(gateway).proofs) == (1, 0)

    gone = gateway.http.get(f"/api/proofs/{old}")
    assert (gone.status_code, gone.json()["code"]) == (404, "proof_removed")
    assert "was removed on" in gone.json()["detail"]
    # What was done stands in the ledger, without an address that leads nowhere.
    effects = gateway.http.get("/api/effects").json()["items"]
    assert [(one["external_id"], one["proof_url"]) for one in effects] == [("2", f"/api/proofs/{young}"), ("1", None)]

    assert (sweep_up(gateway), sweep_up(gateway)) == (1, 0)
    assert files(gateway) == {young}


def test_request_and_answer_of_an_api_are_shown_and_go_as_screenshots_do(gateway: Gateway):
    old, young = (proof_of(gateway, n, days, "{}.json", b'{"answer": 1}') for n, days in ((1, 366), (2, 364)))
    proof_of(gateway, 3, 1, "{}.json", b"<script>no JSON</script>")
    shown = gateway.http.get(f"/api/proofs/{young}")
    assert (shown.headers["Content-Type"], shown.json()) == ("application/json", {"answer": 1})
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert gateway.http.get("/api/effects").json()["items"][0]["proof_url"]
    assert (keep_house(gateway).proofs, sweep_up(gateway)) == (1, 1)
    assert answers(gateway, old, young) == [404, 200]
    assert len(files(gateway)) == 2
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read",)))
    assert theirs.get(f"/api/proofs/{old}").json()["code"] == "not_found"


def test_where_there_is_no_room_the_oldest_screenshots_go_and_those_of_the_archive_first(gateway: Gateway):
    ids = [proof_of(gateway, number, 300 - number) for number in range(4)]  # of 24 bytes each
    task = gateway.query("SELECT task_id FROM effects WHERE external_id = '0'")[0]["task_id"]
    gateway.query("UPDATE effects SET settled_at = now() - interval '31 days'")
    gateway.query("UPDATE attempts SET dead_at = now()")
    end(gateway, {"id": str(task)}, 31)

    assert keep_house(gateway, proofs_quota_bytes=96).proofs == 0  # full, and none too many
    assert gateway.query("SELECT size FROM archived_proofs") == [{"size": 24}]
    assert keep_house(gateway, proofs_quota_bytes=95).proofs == 1
    assert answers(gateway, *ids) == [404, 200, 200, 200]
    assert keep_house(gateway, proofs_quota_bytes=30).proofs == 2
    assert answers(gateway, *ids) == [404, 404, 404, 200]
    # Another workspace's room is its own.
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read",)))
    assert theirs.get("/api/effects").json()["items"] == []
    assert sweep_up(gateway) == 3
    assert files(gateway) == {ids[3]}


def test_a_machine_leaves_alone_what_is_not_its_to_remove(gateway: Gateway):
    known, folder = proof_of(gateway, 1, 1), gateway.settings.home / "proofs"
    (folder / "notes.txt").write_text("mine")
    stray = folder / f"{uuid4()}.png"
    stray.write_bytes(PNG)
    assert sweep_up(gateway) == 0
    year_ago = time.time() - 366 * 86_400
    for path in folder.iterdir():
        os.utime(path, (year_ago, year_ago))
    assert sweep_up(gateway) == 1  # what nobody knows, as old as no screenshot gets; what is known goes by its row
    assert files(gateway) == {known, "notes"}


def test_evidence_goes_with_its_age_and_beyond_a_number(gateway: Gateway, monkeypatch):
    folder = gateway.settings.home / "evidence"
    for number in range(1, 5):
        (folder / str(number)).mkdir(parents=True)
        (folder / str(number) / "page.html").write_text("<p>")
        os.utime(folder / str(number), (number, number) if number == 1 else (time.time(), time.time() - 10 + number))
        gateway.query(
            "INSERT INTO evidence SELECT %(n)s, workspace_id, platform, transport, 'dm', 'box', 'local',"
            " now() - make_interval(days => %(days)s) FROM accounts LIMIT 1",
            n=number, days=91 if number == 1 else 1,
        )  # fmt: skip
    assert keep_house(gateway).evidence == 1
    assert sweep_up(gateway) == 1
    monkeypatch.setattr(sweep, "MOST_EVIDENCE", 2)
    assert sweep_up(gateway) == 1
    assert {path.name for path in folder.iterdir()} == {"3", "4"}


def test_what_others_wrote_is_forgotten_and_known_all_the_same(gateway: Gateway):
    gateway.query(
        "INSERT INTO interactions (id, workspace_id, account_id, platform, kind, external_id, author, text, url, at,"
        " received_at) SELECT gen_random_uuid(), workspace_id, id, platform, 'message', n::text, 'maple', 'Hello.', '/t/',"
        " now(), now() - make_interval(days => n) FROM accounts, unnest(ARRAY[179, 181]) n WHERE platform = 'instagram'"
    )
    assert (keep_house(gateway).interactions, keep_house(gateway).interactions) == (1, 0)
    [left] = gateway.http.get("/api/interactions").json()["items"]
    assert left["external_id"] == "179"
    forgotten = gateway.query("SELECT author, text, url, at FROM interactions WHERE external_id = '181'")
    assert forgotten == [{"author": "", "text": "", "url": "", "at": None}]

    # A reading comes to both again: nothing is new, nobody is told, and the words do not come back.
    [row] = gateway.query("SELECT * FROM accounts WHERE platform = 'instagram'")
    account = ActingAccount(row["id"], row["workspace_id"], row["platform"], row["handle"])
    again = [Incoming("message", number, "maple", "Stop.", "/t/") for number in ("179", "181")]

    async def read() -> tuple[frozenset[str], Received]:
        engine = connect(gateway.settings, "worker", pool_size=1)
        try:
            known = await known_ids(engine=engine, account=account)
            return known, await receive(engine=engine, account=account, incoming=again)
        finally:
            await engine.dispose()

    assert asyncio.run(read()) == ({"179", "181"}, Received(0, 0))
    assert gateway.query("SELECT text FROM interactions WHERE external_id = '181'") == [{"text": ""}]


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
    assert (done.archived_tasks, done.events) == (250, 1)  # they were submitted at once, which is one row
    assert gateway.query("SELECT task_id::text AS id FROM task_events") == [{"id": stays["id"]}]
