"""Is every change of what people decide written down once, by the database, so that nobody can take it back?"""

from __future__ import annotations

import csv
import io
import json
import re
import threading

import psycopg
import pytest
from typer.testing import CliRunner

from cli.local.secret import write_json
from cli.main import build
from shared.db.models import Base
from shared.ids import SYSTEM_WORKSPACE
from tests.support.gateway import PROBE, Gateway, comment, new_workspace
from tests.support.people import signed_in

# What is not audited, and why. A new table fails the test below until it is audited or stands here.
EXEMPT = {
    "audit_log": "is the log",
    "archived_proofs": "moves by itself",
    "archived_tasks": "moves by itself",
    "attempts": "what workers do; kept with the task",
    "breakers": "opens and closes by itself",
    "budget_scopes": "holds nothing but locks",
    "child_counts": "follows from tasks",
    "cooldowns": "follows from what platforms refuse",
    "credit_observations": "what was read from a page",
    "credit_reservations": "follows from tasks",
    "database_losses": "noticed by itself; what a person does about one is audited",
    "batches": "messages that are out",
    "database_notes": "what dispatchers note of the server",
    "effects": "the ledger; who settles one by hand stands in the log with the task",
    "drift": "noticed by itself",
    "event_counters": "a counter",
    "evidence": "what workers keep of pages",
    "gateway_secrets": "made once, by the gateway itself",
    "forecasts": "guesses of the planner",
    "idempotency_keys": "answers that are kept for a day",
    "interactions": "what others wrote, as a platform shows it",
    "kept_steps": "what workers have made of tasks",
    "lanes": "what workers offer",
    "leases": "who leads",
    "notices": "what was sent, by itself",
    "proofs": "screenshots that workers take",
    "runs": "follows from its tasks",
    "task_dependencies": "said once, when the task is submitted",
    "task_events": "only grows itself; what says `by` there is audited",
    "task_progress": "how far workers are with tasks",
    "tasks": "through its events: what somebody does to a task says `by`",
    "unserved_lanes": "noticed by itself",
    "wakes": "a plan of the machine, of nobody's rights",
    "webhook_deliveries": "what was sent, by itself",
    "wake_backlog": "who is still to be asked again, by itself",
    "workers": "what runs",
    "refresh_tokens": "one after the other of a session, which is audited",
    "tickets": "let one socket in, once",
    "recovery_codes": "come and go with the app of a person, which is audited",
    "setup_tokens": "go with their first use, which makes a member",
    "oauth_requests": "sign-ins that have begun; what they end with is audited",
}
SECRET = re.compile("secret|passw|token|credential|hash|sealed|cipher|private|target|totp|recovery")
# The hash of words that anybody may read, and whom they are for; since when something is so.
OPEN = {"payload_hash", "targets", "password_changed_at", "totp_since", "totp_step"}


def log(gateway: Gateway, **query: str) -> list[dict]:
    """The audit log, newest first."""
    answer = gateway.http.get("/api/audit", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict] = answer.json()["items"]
    return items


def test_every_table_is_audited_or_says_why_not(module_gateway: Gateway):
    rows = module_gateway.query(
        "SELECT c.relname, count(*) AS n FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'audit_row' GROUP BY c.relname"
    )
    audited = {row["relname"]: row["n"] for row in rows}
    assert set(audited.values()) == {3}  # insert, update and delete
    assert set(Base.metadata.tables) - audited.keys() - EXEMPT.keys() == set()
    assert not audited.keys() & EXEMPT.keys()


def test_a_column_that_may_hold_a_secret_is_hidden(module_gateway: Gateway):
    rows = module_gateway.query(
        "SELECT c.relname, pg_get_triggerdef(t.oid) AS definition FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgname = 'audit_insert'"
    )
    assert rows
    for row in rows:
        hidden = re.search(r"audit_row\('[^']*', '([^']*)'", row["definition"])[1].split(",")
        columns = Base.metadata.tables[row["relname"]].columns
        secret = {column.name for column in columns if SECRET.search(column.name)}
        assert secret - set(hidden) - OPEN == set(), row["relname"]


def test_a_change_says_who_what_and_from_where_with_before_and_after(gateway: Gateway):
    gateway.http.put("/api/limits", params={"scope": "workspace"}, json={"rules": []}, headers={"X-Request-Id": "r-2"})
    body = {"rules": [{"action": "dm", "window_s": 3600, "max": 5}]}
    gateway.http.put("/api/limits", params={"scope": "workspace"}, json=body, headers={"X-Request-Id": "r-3"})
    last = log(gateway, action="limits")[0]
    assert (last["action"], last["subject"], last["actor"]) == ("limits.changed", "workspace", "local owner")
    assert (last["address"], last["via"], last["correlation_id"]) == ("127.0.0.1", "key", "r-3")
    assert last["before"]["document"]["rules"] == []
    assert last["after"]["document"]["rules"][0]["max"] == 5


def test_secrets_are_out_of_it_and_their_change_is_in_it(gateway: Gateway):
    gateway.query("UPDATE accounts SET credentials = 'canary-one' WHERE platform = 'instagram'")
    gateway.query("UPDATE accounts SET credentials = 'canary-two' WHERE platform = 'instagram'")
    entry = log(gateway, action="accounts.changed")[0]
    assert entry["before"] == entry["after"] == {"credentials": "(hidden)"}
    assert (entry["actor"] != "local owner", entry["via"]) == (True, None)  # no request did it: the role's own name
    stored = gateway.query("SELECT audit_log::text AS text FROM audit_log")
    assert "canary" not in "".join(row["text"] for row in stored)
    assert gateway.api_key not in "".join(row["text"] for row in stored)


def test_what_workers_note_by_themselves_is_not_in_it(gateway: Gateway):
    before = gateway.query("SELECT count(*) AS n FROM audit_log")[0]["n"]
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    gateway.query(
        "INSERT INTO scopes (workspace_id, key, gate, reason) "
        " SELECT workspace_id, 'account:1#dm', 'budgets', 'full' FROM hosts"
    )
    gateway.submit()
    assert gateway.query("SELECT count(*) AS n FROM audit_log")[0]["n"] == before


def test_what_somebody_does_to_a_task_is_in_it(gateway: Gateway):
    task = gateway.submit(comment(gateway.settings))
    path = f"/api/scheduler/task/{task['id']}"
    gateway.http.patch(path, json={"priority": 1})
    gateway.http.delete(path)
    gateway.post("/api/system/kill-switch", {"on": True})
    gateway.post("/api/system/kill-switch", {"on": False})
    actions = [entry["action"] for entry in log(gateway)]
    assert actions[:4] == ["scopes.deleted", "scopes.created", "tasks.cancelled", "tasks.changed"]
    assert {entry["actor"] for entry in log(gateway)[:4]} == {"local owner"}


def test_cancelling_what_runs_is_in_it(gateway: Gateway):
    task = gateway.submit()
    gateway.query("ALTER TABLE tasks DISABLE TRIGGER USER")
    gateway.query("UPDATE tasks SET status = 'running', released_at = now()")
    gateway.query("ALTER TABLE tasks ENABLE TRIGGER USER")
    gateway.http.delete(f"/api/scheduler/task/{task['id']}")
    assert log(gateway)[0]["action"] == "tasks.cancel_requested"


def test_what_is_rolled_back_was_never_said(gateway: Gateway):
    with gateway.owner() as connection:
        connection.execute("BEGIN")
        connection.execute("UPDATE personas SET name = 'other'")
        connection.execute("ROLLBACK")
    assert log(gateway, action="personas.changed") == []


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"])
def test_nobody_rewrites_it_its_owner_included(gateway: Gateway, statement: str):
    gateway.post("/api/scheduler/pause", {"scope": "all"})
    with pytest.raises(psycopg.errors.CheckViolation, match="append-only"):
        gateway.query(statement)
    for role in ("gateway", "worker", "dispatcher"):
        address = gateway.settings.database_url_for(role).replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_no_role_writes_into_it_past_the_triggers(gateway: Gateway):
    address = gateway.settings.database_url_for("gateway").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("INSERT INTO audit_log SELECT * FROM audit_log LIMIT 0")


def test_the_chain_holds_and_names_the_first_entry_that_was_touched(gateway: Gateway):
    for _ in range(3):
        gateway.post("/api/scheduler/pause", {"scope": "all"})
        gateway.post("/api/scheduler/resume", {"scope": "all"})
    sound = gateway.http.get("/api/audit/verify").json()
    entries = sound["entries"]
    assert (sound["ok"], sound["broken_at"], sound["head"]["seq"]) == (True, None, entries)
    for seq, forgery in (
        (entries - 3, "UPDATE audit_log SET actor = 'somebody else' WHERE seq = %(seq)s AND workspace_id = %(w)s"),
        (entries - 4, "DELETE FROM audit_log WHERE seq = %(seq)s AND workspace_id = %(w)s"),
    ):
        _forge(gateway, forgery, seq=seq, w=gateway.workspace_id)
        broken = gateway.http.get("/api/audit/verify").json()
        assert (broken["ok"], broken["broken_at"]) == (False, seq if "UPDATE" in forgery else seq + 1)


def test_a_cut_end_is_found_by_a_head_that_was_kept(gateway: Gateway):
    gateway.post("/api/scheduler/pause", {"scope": "all"})
    head = gateway.http.get("/api/audit/verify").json()["head"]
    assert gateway.http.get("/api/audit/verify", params=head).json()["known"] is True
    _forge(
        gateway,
        "DELETE FROM audit_log WHERE seq = %(seq)s AND workspace_id = %(w)s",
        seq=head["seq"],
        w=gateway.workspace_id,
    )
    assert gateway.http.get("/api/audit/verify").json()["ok"] is True
    cut = gateway.http.get("/api/audit/verify", params=head).json()
    assert (cut["ok"], cut["known"]) == (False, False)


def test_changes_at_the_same_time_make_one_chain(gateway: Gateway):
    clients = [gateway.with_key(gateway.api_key) for _ in range(4)]

    def add(number: int) -> None:
        for turn in range(5):
            clients[number].post("/api/do-not-contact", json={"name": f"p{number}-{turn}"})

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = gateway.http.get("/api/audit/verify").json()
    assert found["ok"]
    assert len(log(gateway, action="do_not_contact.created")) == 20


def test_the_log_is_the_own_workspaces_and_filtered(gateway: Gateway):
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read", "manage")))
    theirs.post("/api/scheduler/pause", json={"scope": "all"})
    gateway.post("/api/scheduler/pause", {"scope": "platform:x"})
    assert "all" not in {entry["subject"] for entry in log(gateway, action="scopes.created")}
    mine = log(gateway, actor="local owner")
    assert {entry["actor"] for entry in mine} == {"local owner"}
    assert log(gateway, to=mine[-1]["at"], actor="local owner") == []
    first = gateway.http.get("/api/audit", params={"limit": 1}).json()
    second = gateway.http.get("/api/audit", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert first["items"][0]["seq"] == second["items"][0]["seq"] + 1


def test_it_is_exported_oldest_first_and_no_cell_is_a_formula(gateway: Gateway):
    gateway.query("UPDATE personas SET name = '=HYPERLINK(1)'")
    gateway.query("UPDATE api_keys SET name = '=cmd|calc'")
    gateway.post("/api/scheduler/pause", {"scope": "all"})
    lines = gateway.http.get("/api/audit/export")
    entries = [json.loads(line) for line in lines.text.splitlines()]
    assert [entry["seq"] for entry in entries] == sorted(entry["seq"] for entry in entries)
    assert entries[-1]["actor"] == "=cmd|calc"
    table = gateway.http.get("/api/audit/export", params={"format": "csv"})
    assert table.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert len(rows) == len(entries)
    assert rows[-1]["actor"] == "'=cmd|calc"


def test_many_tasks_write_nothing_into_it(gateway: Gateway):
    before = len(log(gateway))
    gateway.post("/api/scheduler/tasks", {"tasks": [PROBE] * 50})
    assert len(log(gateway)) == before


def _forge(gateway: Gateway, statement: str, **values: object) -> None:
    gateway.query("ALTER TABLE audit_log DISABLE TRIGGER USER")
    gateway.query(statement, **values)
    gateway.query("ALTER TABLE audit_log ENABLE ALWAYS TRIGGER guard_audit_log")


def test_the_command_line_lists_it_and_says_whether_it_holds(gateway: Gateway):
    write_json(gateway.settings.home / "credentials.json", {"url": gateway.url, "api_key": gateway.api_key})
    gateway.post("/api/scheduler/pause", {"scope": "platform:x"})
    run = CliRunner(env={"CALLSHEET_HOME": str(gateway.settings.home)})
    listed = run.invoke(build("audit"), ["audit", "list", "--action", "scopes"])
    assert listed.exit_code == 0, listed.output
    assert "scopes.created" in listed.output
    head = gateway.http.get("/api/audit/verify").json()["head"]
    kept = run.invoke(build("audit"), ["audit", "verify", "--seq", str(head["seq"]), "--hash", head["hash"]])
    assert kept.exit_code == 0
    assert f"Keep the head elsewhere: {head['seq']} {head['hash']}" in kept.output
    other = run.invoke(build("audit"), ["audit", "verify", "--seq", str(head["seq"]), "--hash", "0" * 64])
    assert other.exit_code == 1
    assert "its end was cut off" in other.output
    _forge(gateway, "UPDATE audit_log SET actor = 'x' WHERE seq = 2 AND workspace_id = %(w)s", w=gateway.workspace_id)
    broken = run.invoke(build("audit"), ["audit", "verify"])
    assert broken.exit_code == 1
    assert "breaks at entry 2" in broken.output


def test_sign_ins_are_in_the_systems_own_log_and_nothing_that_was_typed(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    body = {"email": "mara@example.org", "password": "canary-password-1"}
    assert gateway.post("/api/auth/login", body).status_code == 401
    assert gateway.post("/api/auth/login", body | {"email": "canary@example.org"}).status_code == 401
    rows = gateway.query(
        "SELECT action, subject, after, audit_log::text AS text FROM audit_log WHERE workspace_id = %(w)s AND"
        " starts_with(action, 'sessions.') ORDER BY seq",
        w=SYSTEM_WORKSPACE,
    )
    opened, refused, unknown = rows[0], rows[-2], rows[-1]
    assert (opened["action"], opened["after"]["person_id"]) == ("sessions.created", mara.id)
    assert (refused["action"], refused["subject"], refused["after"]["address"]) == ("sessions.refused", mara.id, "127.0.0.1")
    assert (unknown["action"], unknown["subject"]) == ("sessions.refused", "nobody")
    assert "canary" not in "".join(row["text"] for row in rows)
