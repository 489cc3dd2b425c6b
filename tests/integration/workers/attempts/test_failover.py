"""Is everything paused as soon as PostgreSQL came back from an earlier state?"""

from __future__ import annotations

import json
import stat
from typing import Any

import pytest

from cli.checks.finding import Finding
from cli.checks.server import check_database
from tests.support.dispatching import Wire, lead_for
from tests.support.failover import Seen, closed, fail_over, resume, state
from tests.support.gateway import Gateway, comment
from tests.support.stack import wait_for
from tests.support.worker import work_on
from workers.attempts.process import WorkerProcess


def log_on_disk(gateway: Gateway) -> int:
    [row] = gateway.query("SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint AS lsn")
    return int(row["lsn"])


def test_the_leader_notes_what_the_database_is_in_a_file_of_its_own(gateway: Gateway):
    lead_for(gateway, Wire(), 1)
    file = gateway.settings.home / "database-note.json"
    before = json.loads(file.read_text())
    [row] = gateway.query("SELECT place::text, number, token::text FROM database_notes")

    assert {name: before[name] for name in row} == row
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    gateway.submit(comment(gateway.settings))
    # The server of the tests does not wait for the disk when it commits.
    wait_for("a longer log on disk", lambda: log_on_disk(gateway) > before["lsn"])
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
    new = gateway.submit(comment(gateway.settings, text="another"), scheduled_for="2040-01-01T00:00:00Z")["id"]
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


def test_a_pause_of_ones_own_does_not_hide_why_everything_is_paused(gateway: Gateway):
    lead_for(gateway, Wire(), 1)
    fail_over(gateway)
    lead_for(gateway, Wire(), 1)

    gateway.post("/api/scheduler/pause", {"scope": "all"}).raise_for_status()

    [scope] = gateway.query("SELECT reason FROM scopes WHERE key = 'all' AND workspace_id = %(w)s", w=gateway.workspace_id)
    assert scope["reason"].startswith("PostgreSQL came back")


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
