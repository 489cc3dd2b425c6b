"""Is nothing lost and nothing done twice of what was done in a span that PostgreSQL has lost?"""

from __future__ import annotations

import pytest

from connectors.contract.action import Receipt
from tests.support.acting import Warm
from tests.support.dispatching import Wire, lead_for, lead_until
from tests.support.failover import (
    Seen,
    fail_over,
    in_a_thread,
    lose_what_was_done,
    over,
    resume,
    state,
    verified_as,
)
from tests.support.gateway import Gateway, comment
from tests.support.worker import look_at, work_on, worker
from workers.attempts.process import WorkerProcess


def test_a_note_that_cannot_be_read_pauses_everything(gateway: Gateway):
    lead_for(gateway, Wire(), 1)
    (gateway.settings.home / "database-note.json").write_text('{"place": ')

    lead_for(gateway, Wire(), 1)

    assert "cannot be read" in gateway.query("SELECT reason FROM database_losses")[0]["reason"]


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
    # The pause holds up no look.
    assert look_at(gateway, process, task) == "completed"
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

    assert look_at(gateway, process, task) == "unknown"  # a call that was being made then could not be seen yet
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
        assert look_at(gateway, process, task) == "unknown"
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
    [task] = gateway.query("SELECT verify_at FROM tasks WHERE id = %(id)s", id=again)
    assert task["verify_at"] is None
    later = gateway.submit(comment(gateway.settings, text="later"))["id"]
    assert work_on(gateway, process, later) == "completed"


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
