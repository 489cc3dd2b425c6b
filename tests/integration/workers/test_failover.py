"""Is nothing lost and nothing done twice after PostgreSQL came back from an earlier state?"""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cli.checks.finding import Finding
from cli.checks.server import check_database
from connectors.contract.action import Receipt
from connectors.contract.manifest import Manifest
from connectors.registry import MANIFESTS
from tests.support.acting import Calling, Warm
from tests.support.dispatching import Wire, lead_for, lead_until, serve_lanes
from tests.support.gateway import Gateway, comment
from tests.support.worker import look_at, work_on, worker
from workers.process import WorkerProcess

LANE = "chromium.local.instagram"


class Seen(Calling):
    """A platform that can be read; `shows` is what stands there."""

    shows: Receipt | None = None

    async def verify(self, session, request, baseline, known):
        return None if self.shows is None or self.shows.external_id in known else self.shows


@pytest.fixture
def action(monkeypatch, gateway: Gateway) -> Seen:
    seen = Seen()
    monkeypatch.setattr("workers.effect.load_action", lambda *_: seen)
    serve_lanes(gateway, LANE)
    return seen


@pytest.fixture
def process(gateway: Gateway) -> Iterator[WorkerProcess]:
    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        yield process


def verified_as(monkeypatch, word: str) -> None:
    capability = MANIFESTS["instagram"].capability("comment", "chromium")
    assert capability is not None
    monkeypatch.setattr(Manifest, "capability", lambda *_: replace(capability, verification=word, visibility_s=0))


def fail_over(gateway: Gateway, *lost: str) -> None:
    """Put the database back to before the last notes, without what these statements take out of it."""
    for statement in lost:
        gateway.query(statement)
    gateway.query("UPDATE database_notes SET number = number - 1, token = gen_random_uuid()")


def lose_what_was_done(gateway: Gateway, task: str) -> None:
    """The task is as it was before its release, and nothing is known of what it did."""
    with gateway.owner() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM effects")
        connection.execute("DELETE FROM attempts")
        connection.execute("UPDATE tasks SET status = 'pending', finished_at = NULL, result = NULL, acted = false")
    fail_over(gateway)
    assert state(gateway, task) == "pending"


def state(gateway: Gateway, task: str) -> str:
    status: str = gateway.http.get(f"/api/scheduler/task/{task}").json()["status"]
    return status


def closed(gateway: Gateway, task: str) -> dict[str, str]:
    gates = gateway.http.get(f"/api/scheduler/task/{task}/explain").json()["gates"]
    return {gate["gate"]: gate["reason"] for gate in gates if not gate["open"]}


def over(gateway: Gateway) -> None:
    """The calls that may have been made are over, and whatever they did can be seen."""
    gateway.query("UPDATE effects SET call_deadline = now() - interval '1 hour'")
    gateway.query("UPDATE attempts SET ended_at = now() - interval '1 hour'")


def resume(gateway: Gateway) -> None:
    gateway.post("/api/scheduler/resume", {"scope": "all"}).raise_for_status()


def test_the_leader_notes_what_the_database_is_in_a_file_of_its_own(gateway: Gateway):
    lead_for(gateway, Wire(), 1)
    file = gateway.settings.home / "database-note.json"
    before = json.loads(file.read_text())
    [row] = gateway.query("SELECT place::text, number, token::text FROM database_notes")

    assert {name: before[name] for name in row} == row
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    gateway.submit(comment(gateway.settings))
    lead_for(gateway, Wire(), 1)
    after = json.loads(file.read_text())
    assert after["number"] > before["number"]
    assert after["lsn"] > before["lsn"]
    assert gateway.query("SELECT 1 FROM database_losses") == []


@pytest.mark.parametrize(
    "lost",
    [
        "DELETE FROM database_notes",
        "UPDATE database_notes SET number = number - 1",
        "UPDATE database_notes SET token = gen_random_uuid()",
    ],
)
def test_everything_is_paused_before_anything_is_released(gateway: Gateway, action: Seen, lost: str):
    lead_for(gateway, Wire(), 1)
    waits = gateway.submit(comment(gateway.settings))["id"]
    gateway.query(lost)

    wire = Wire()
    lead_for(gateway, wire, 1)
    new = gateway.submit(comment(gateway.settings, text="another"))["id"]
    lead_for(gateway, wire, 3)

    assert wire.tasks <= {waits}  # to be looked at
    assert state(gateway, waits) == "unknown"
    assert closed(gateway, new)["system"].startswith("PostgreSQL came back from an earlier state (")
    assert "callsheet doctor" in closed(gateway, new)["system"]
    assert gateway.http.get("/api/scheduler/status").json()["state"] == "paused"
    assert gateway.query("SELECT count(*) AS n FROM database_losses") == [{"n": 1}]
    assert gateway.query("SELECT count(*) AS n FROM task_events WHERE type = 'system.paused'")[0]["n"] >= 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"timeline": "00000007"}, "timeline 1"), ({"system_identifier": 1}, "another"), ({"lsn": 1 << 60}, "log ends")],
)
def test_another_server_or_a_shorter_log_pauses_everything(gateway: Gateway, changed: dict[str, Any], said: str):
    lead_for(gateway, Wire(), 1)
    file = gateway.settings.home / "database-note.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))

    lead_for(gateway, Wire(), 1)

    assert said in gateway.query("SELECT reason FROM database_losses")[0]["reason"]
    lead_for(gateway, Wire(), 2)
    assert gateway.query("SELECT count(*) AS n FROM database_losses") == [{"n": 1}]


def test_a_note_that_cannot_be_read_pauses_everything(gateway: Gateway):
    lead_for(gateway, Wire(), 1)
    (gateway.settings.home / "database-note.json").write_text('{"place": ')

    lead_for(gateway, Wire(), 1)

    assert "cannot be read" in gateway.query("SELECT reason FROM database_losses")[0]["reason"]


def test_a_dispatcher_that_was_down_does_not_find_a_loss_a_second_time(gateway: Gateway):
    lead_for(gateway, Wire(), 1)
    file = gateway.settings.home / "database-note.json"
    old = file.read_text()
    fail_over(gateway)
    lead_for(gateway, Wire(), 1)
    resume(gateway)

    file.write_text(old)
    gateway.query("UPDATE database_notes SET number = 0")
    lead_for(gateway, Wire(), 1)

    assert gateway.query("SELECT count(*) AS n FROM database_losses") == [{"n": 1}]
    assert gateway.http.get("/api/scheduler/status").json()["state"] == "running"


def test_nothing_outward_begins_on_a_server_that_was_not_compared_yet(
    gateway: Gateway, action: Seen, process: WorkerProcess
):
    lead_for(gateway, Wire(), 1)
    task = gateway.submit(comment(gateway.settings))["id"]
    gateway.query("UPDATE database_notes SET server_started_at = server_started_at - interval '1 second'")

    assert work_on(gateway, process, task) == "pending"
    assert action.calls == 0
    assert "has not compared PostgreSQL" in closed(gateway, task)["system"]

    lead_for(gateway, Wire(), 1)
    assert work_on(gateway, process, task) == "completed"


def test_what_was_done_in_the_lost_span_is_found_and_not_done_again(
    gateway: Gateway, action: Seen, process: WorkerProcess, monkeypatch
):
    verified_as(monkeypatch, "searchable")
    lead_for(gateway, Wire(), 1)
    task = gateway.submit(comment(gateway.settings))["id"]
    assert work_on(gateway, process, task) == "completed"
    action.shows = Receipt("m1", "https://example.test/m1", "hello")
    lose_what_was_done(gateway, task)

    wire = Wire()
    lead_until(gateway, wire, lambda: task in wire.tasks)
    assert state(gateway, task) == "unknown"
    # The pause holds looks up no more than any other.
    assert [look_at(gateway, process, task) for _ in range(2)] == ["unknown", "completed"]
    assert action.calls == 1
    assert gateway.query("SELECT outcome, external_id FROM effects") == [{"outcome": "confirmed", "external_id": "m1"}]


def test_what_was_not_done_in_the_lost_span_is_done_once_everything_is_resumed(
    gateway: Gateway, action: Seen, process: WorkerProcess, monkeypatch
):
    verified_as(monkeypatch, "searchable")
    lead_for(gateway, Wire(), 1)
    task = gateway.submit(comment(gateway.settings))["id"]
    fail_over(gateway)
    lead_for(gateway, Wire(), 1)

    assert look_at(gateway, process, task) == "unknown"
    over(gateway)
    assert [look_at(gateway, process, task) for _ in range(2)] == ["unknown", "pending"]
    assert action.calls == 0
    resume(gateway)
    wire = Wire()
    lead_until(gateway, wire, lambda: task in wire.tasks)
    gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'queued'")
    assert work_on(gateway, process, task) == "completed"
    assert action.calls == 1


def test_what_cannot_be_read_back_asks_a_person(gateway: Gateway, action: Seen, process: WorkerProcess, monkeypatch):
    verified_as(monkeypatch, "blind")
    lead_for(gateway, Wire(), 1)
    tasks = [gateway.submit(comment(gateway.settings, text=text))["id"] for text in ("done", "not done")]
    fail_over(gateway)
    lead_for(gateway, Wire(), 1)

    for task in tasks:
        assert [look_at(gateway, process, task) for _ in range(2)] == ["unknown", "unknown"]
    listed = gateway.http.get("/api/scheduler/queue", params={"status": "unknown"}).json()["items"]
    assert {item["id"] for item in listed} == set(tasks)
    assert {"a person must say" in item["error"]["message"] for item in listed} == {True}
    words = ({"outcome": "confirmed", "note": "I see it."}, {"outcome": "absent", "note": "No.", "send_again": True})
    for task, word in zip(tasks, words, strict=True):
        gateway.post(f"/api/scheduler/task/{task}/resolve", word).raise_for_status()
    resume(gateway)

    assert [work_on(gateway, process, task) for task in tasks] == ["completed", "completed"]
    assert action.calls == 1


def test_what_waits_for_a_person_or_has_failed_is_looked_for_when_its_turn_comes(
    gateway: Gateway, action: Seen, process: WorkerProcess, monkeypatch
):
    verified_as(monkeypatch, "searchable")
    lead_for(gateway, Wire(), 1)
    task = gateway.submit(comment(gateway.settings))["id"]
    with gateway.owner() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE tasks SET status = 'failed', finished_at = now()")
    fail_over(gateway)
    lead_for(gateway, Wire(), 1)
    assert state(gateway, task) == "failed"
    resume(gateway)

    gateway.post(f"/api/scheduler/task/{task}/retry").raise_for_status()
    action.shows = Receipt("m1", "https://example.test/m1", "hello")
    assert work_on(gateway, process, task) == "unknown"
    assert look_at(gateway, process, task) == "completed"
    assert action.calls == 0


@pytest.mark.parametrize("word", ["searchable", "keyed"])
def test_what_is_submitted_again_while_everything_is_paused_is_looked_for_first(
    gateway: Gateway, action: Seen, process: WorkerProcess, monkeypatch, word: str
):
    """Its first task and what that did are lost; under another id its key is another one, and proves nothing."""
    verified_as(monkeypatch, word)
    lead_for(gateway, Wire(), 1)
    fail_over(gateway)
    lead_for(gateway, Wire(), 1)
    again = gateway.submit(comment(gateway.settings))["id"]
    resume(gateway)

    action.shows = None if word == "keyed" else Receipt("seen", "https://example.test/seen", "hello")
    assert work_on(gateway, process, again) == "unknown"
    assert look_at(gateway, process, again) == ("unknown" if word == "keyed" else "completed")
    assert action.calls == 0
    [task] = gateway.query("SELECT verify_at FROM tasks")
    assert task["verify_at"] is None
    later = gateway.submit(comment(gateway.settings, text="later"))["id"]
    assert work_on(gateway, process, later) == "completed"


def test_a_pause_of_ones_own_does_not_hide_why_everything_is_paused(gateway: Gateway):
    lead_for(gateway, Wire(), 1)
    fail_over(gateway)
    lead_for(gateway, Wire(), 1)

    gateway.post("/api/scheduler/pause", {"scope": "all"}).raise_for_status()

    [scope] = gateway.query("SELECT reason FROM scopes WHERE key = 'all' AND workspace_id = %(w)s", w=gateway.workspace_id)
    assert scope["reason"].startswith("PostgreSQL came back")


def test_evidence_about_an_effect_whose_row_is_gone_is_written_anew(gateway: Gateway, action: Seen, process: WorkerProcess):
    task = gateway.submit(comment(gateway.settings))["id"]

    def lose_it() -> None:
        with gateway.owner() as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("DELETE FROM effects")
            connection.execute("DELETE FROM attempts")
            connection.execute("UPDATE tasks SET status = 'pending'")

    action.during = lose_it
    work_on(gateway, process, task)

    rows = "SELECT outcome, external_id, a.outcome AS ended FROM effects e JOIN attempts a ON a.id = e.attempt_id"
    found = gateway.query(rows.replace("outcome, external_id", "e.outcome, external_id", 1))
    assert found == [{"outcome": "confirmed", "external_id": "m1", "ended": "done"}]
    assert work_on(gateway, process, task) == "completed"
    assert action.calls == 1


def test_evidence_settles_what_was_written_in_doubt_meanwhile(gateway: Gateway, action: Seen, process: WorkerProcess):
    lead_for(gateway, Wire(), 1)
    task = gateway.submit(comment(gateway.settings))["id"]

    def lose_it() -> None:
        lose_what_was_done(gateway, task)
        lead_for(gateway, Wire(), 1)
        with worker(gateway) as other:
            other.sessions["chromium"] = Warm()
            assert look_at(gateway, other, task) == "unknown"

    action.during = in_a_thread(lose_it)
    work_on(gateway, process, task)

    assert gateway.query("SELECT outcome, external_id FROM effects") == [{"outcome": "confirmed", "external_id": "m1"}]
    assert look_at(gateway, process, task) == "completed"
    assert action.calls == 1


def test_evidence_about_a_task_that_is_gone_too_stands_among_the_events(
    gateway: Gateway, action: Seen, process: WorkerProcess
):
    task = gateway.submit(comment(gateway.settings))["id"]

    def lose_it() -> None:
        with gateway.owner() as connection:
            connection.execute("SET session_replication_role = replica")
            for table in ("effects", "attempts", "tasks"):
                connection.execute(f"DELETE FROM {table}")

    action.during = lose_it
    with pytest.raises(IndexError):  # the helper asks for the task's state
        work_on(gateway, process, task)

    [event] = gateway.query("SELECT data FROM task_events WHERE type = 'effect.confirmed'")
    assert (event["data"]["external_id"], event["data"]["lost_task"]) == ("m1", task)


def test_an_attempt_does_not_hold_the_lease_of_another_task_that_got_its_number(
    gateway: Gateway, action: Seen, process: WorkerProcess
):
    one, other = (gateway.submit(comment(gateway.settings, text=text))["id"] for text in ("one", "other"))
    real_prepare = action.prepare

    async def prepare(session, request):
        gateway.query("UPDATE attempts SET task_id = %(t)s", t=other)
        return await real_prepare(session, request)

    action.prepare = prepare  # type: ignore[method-assign]  # the database comes back while the page is prepared
    work_on(gateway, process, one)

    assert action.calls == 0


def test_numbers_of_attempts_are_not_given_out_again(gateway: Gateway, action: Seen, process: WorkerProcess):
    lead_for(gateway, Wire(), 1)
    fail_over(gateway)
    lead_for(gateway, Wire(), 1)
    resume(gateway)

    work_on(gateway, process, gateway.submit(comment(gateway.settings))["id"])

    assert gateway.query("SELECT min(id) AS id FROM attempts")[0]["id"] > 1_000_000


def test_the_doctor_says_what_has_happened_and_what_to_do(gateway: Gateway, action: Seen):
    def said() -> Finding:
        return next(found for found in check_database(gateway.settings) if found.name == "database state")

    lead_for(gateway, Wire(), 1)
    gateway.submit(comment(gateway.settings))
    assert said().state == "ok"
    fail_over(gateway)
    lead_for(gateway, Wire(), 2)

    found = said()
    assert found.state == "wrong"
    assert "came back from an earlier state" in found.what
    assert "Of 1 tasks that may have acted meanwhile 1 are still looked for" in found.what
    assert all(word in found.mend for word in ("Idempotency-Key", "callsheet task resolve", "callsheet resume"))
    resume(gateway)
    assert said().state == "ok"


def test_the_doctor_warns_of_commits_that_a_crash_loses(gateway: Gateway):
    [found] = [found for found in check_database(gateway.settings) if found.name == "commits"]

    # The server of the tests is made to be thrown away.
    assert (found.state, "synchronous_commit is off" in found.what) == ("warn", True)


def in_a_thread(what: Any) -> Any:
    """Call it beside the event loop at hand."""

    def call() -> None:
        thread = threading.Thread(target=what)
        thread.start()
        thread.join()

    return call
