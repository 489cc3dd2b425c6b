"""Does a workspace see its own rows only, whoever asks and however?"""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from sqlalchemy import create_engine

from shared.db.models import Base
from shared.db.schema import schema_state
from tests.support.gateway import PROBE, Gateway, comment, new_workspace
from tests.support.ledger import add_effect, add_proof

# What no workspace owns: who leads, the switches, sleep, what gateways share. It holds nothing of anybody's.
NOBODYS = {"database_losses", "database_notes", "gateway_secrets", "leases", "sleep", "switches"}
# What belongs to a person, in no workspace, or to nobody yet; the gateway sees it for one person at a time.
PEOPLES = {"people", "sessions", "refresh_tokens", "recovery_codes", "setup_tokens"}
OF_A_WORKSPACE = sorted(set(Base.metadata.tables) - NOBODYS - PEOPLES)
# Read through functions, by a hash that only its owner can know; the gateway may not even look.
BY_HASH_ALONE = {"tickets"}
ALL = ("read", "submit", "approve", "manage")


@pytest.fixture
def as_gateway(module_gateway: Gateway):
    address = module_gateway.settings.database_url_for("gateway").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def filled(module_gateway: Gateway) -> Gateway:
    """Every table of a workspace has a row."""
    task = module_gateway.post("/api/scheduler/task", comment(module_gateway.settings), Idempotency_Key="k").json()
    module_gateway.submit(dependencies=[task["id"]])
    module_gateway.post("/api/scheduler/pause", {"scope": "platform:x"})
    module_gateway.post("/api/schedules", {"task": PROBE, "rule": "FREQ=DAILY", "zone": "UTC"})
    module_gateway.query(
        "INSERT INTO lanes (name, workspace_id, concurrency) SELECT 'safari.own', workspace_id, 1 FROM tasks LIMIT 1"
    )
    module_gateway.query(
        "INSERT INTO workers (id, workspace_id, pool, host, pid, version, lanes, concurrency, seen_until)"
        " SELECT 'w', workspace_id, 'p', 'h', 1, '1', '{safari.own}', 1, now() FROM tasks LIMIT 1"
    )
    module_gateway.query(
        "INSERT INTO batches (id, workspace_id, lane, type, task_ids)"
        " SELECT id, workspace_id, lane, type, ARRAY[id] FROM tasks LIMIT 1"
    )
    of_account = " FROM accounts LIMIT 1"
    for statement in (
        "INSERT INTO limits (workspace_id, scope, document) SELECT workspace_id, 'workspace', '{}'",
        "INSERT INTO approval_rules (workspace_id, document) SELECT workspace_id, '[]'",
        (
            "INSERT INTO media (id, workspace_id, media_type, size, sha256, added_by)"
            " SELECT id, workspace_id, 'image/png', 1, 'x', 'me'"
        ),
        (
            "INSERT INTO interactions (id, workspace_id, account_id, platform, kind, external_id, author, text, url)"
            " SELECT id, workspace_id, id, platform, 'message', '1', 'maple_studio', 'Hello.', ''"
        ),
        (
            "INSERT INTO drift (workspace_id, platform, transport, practice, locator, way, ways)"
            " SELECT workspace_id, platform, transport, practice, 'comment_box', 2, 3"
        ),
        (
            "INSERT INTO evidence (attempt_id, workspace_id, platform, transport, capability, locator, host)"
            " SELECT 1, workspace_id, platform, transport, 'comment', 'comment_box', 'local'"
        ),
        "INSERT INTO budget_scopes (workspace_id, key) SELECT workspace_id, 'workspace'",
        "INSERT INTO consents (account_id, rule, workspace_id, accepted_by) SELECT id, 'rule', workspace_id, 'me'",
        "INSERT INTO do_not_contact (id, workspace_id, handle, reason) SELECT id, workspace_id, 'who', 'asked'",
        (
            "INSERT INTO account_credentials (account_id, workspace_id, kind, sealed)"
            " SELECT id, workspace_id, 'app_password', 'x'"
        ),
        (
            "INSERT INTO oauth_requests (state_hash, workspace_id, caller_id, persona_id, platform, sealed, expires_at)"
            " SELECT 'x', workspace_id, id, persona_id, platform, 'x', now()"
        ),
        "INSERT INTO cooldowns SELECT id, workspace_id, 'failure', 1, now(), now(), 1",
        (
            "INSERT INTO webhooks (id, workspace_id, url, secret, types, cursor)"
            " SELECT id, workspace_id, 'https://hooks.test/', 'x', '{}', 0"
        ),
        "INSERT INTO webhook_deliveries (id, workspace_id, webhook_id, seq) SELECT id, workspace_id, id, 1",
        (
            "INSERT INTO notifications (id, workspace_id, name, target, shown, types, cursor)"
            " SELECT id, workspace_id, 'n', 'x', 'x', '{}', 0"
        ),
        "INSERT INTO notices (id, workspace_id, notification_id, cause) SELECT id, workspace_id, id, 'test'",
        (
            "INSERT INTO forecasts (task_id, workspace_id, as_of, expected_start)"
            f" SELECT '{task['id']}', workspace_id, now(), now()"
        ),
        "INSERT INTO unserved_lanes (workspace_id, lane) SELECT workspace_id, 'safari.own'",
        (
            "INSERT INTO archived_tasks (id, workspace_id, finished_at, document)"
            " SELECT gen_random_uuid(), workspace_id, now(), '{}'"
        ),
        (
            "INSERT INTO archived_proofs (id, workspace_id, task_id)"
            " SELECT gen_random_uuid(), workspace_id, (SELECT id FROM archived_tasks)"
        ),
        "INSERT INTO runs (id, workspace_id, kind, name, account_id) SELECT id, workspace_id, 'trilogy', 'space', id",
        "INSERT INTO wakes (id, workspace_id, at, trigger) SELECT id, workspace_id, now(), 'checkback'",
        "INSERT INTO breakers (workspace_id, key) SELECT workspace_id, 'x:api:dm'",
        "INSERT INTO wake_backlog (workspace_id, key) SELECT workspace_id, 'task:x'",
        "INSERT INTO people (id, email, password) SELECT id, 'mara@example.org', 'x'",
        "INSERT INTO members (workspace_id, person_id, role) SELECT workspace_id, id, 'owner'",
        (
            "INSERT INTO sessions (id, person_id, address, agent, expires_at, ends_at)"
            " SELECT id, id, '', '', now() + interval '1 day', now() + interval '1 day'"
        ),
        ("INSERT INTO host_tokens (host_id, workspace_id, hash, expires_at) SELECT host_id, workspace_id, 'h', now()"),
        "INSERT INTO host_credentials (hash, workspace_id, host_id) SELECT 'd', workspace_id, host_id",
        "INSERT INTO refresh_tokens (hash, session_id) SELECT 'r', id",
        "INSERT INTO recovery_codes (hash, person_id) SELECT 'c', id",
        (
            "INSERT INTO invitations (id, workspace_id, email, role, hash, created_by, expires_at)"
            " SELECT id, workspace_id, 'noor@example.org', 'editor', 'i', 'me', now() + interval '1 day'"
        ),
        "INSERT INTO tickets (hash, workspace_id, session_id, expires_at) SELECT 't', workspace_id, id, now()",
        (
            "INSERT INTO credit_observations (workspace_id, platform, account_id, known, free, paid, checked_at)"
            " SELECT workspace_id, platform, id, true, 1, 0, now()"
        ),
        (
            "INSERT INTO credit_reservations (id, workspace_id, platform, account_id, task_id, amount)"
            f" SELECT id, workspace_id, platform, id, '{task['id']}', 1"
        ),
        (
            "INSERT INTO kept_steps (task_id, workspace_id, step, attempt_id, result, expires_at)"
            f" SELECT '{task['id']}', workspace_id, 'upload', 1, '1', now()"
        ),
        (
            "INSERT INTO child_counts (task_id, workspace_id, step, attempt_id, total, left_open)"
            f" SELECT '{task['id']}', workspace_id, 'parts', 1, 1, 1"
        ),
        (
            "INSERT INTO task_progress (task_id, workspace_id, step, done, unit)"
            f" SELECT '{task['id']}', workspace_id, 'upload', 1, ''"
        ),
    ):
        module_gateway.query(statement + of_account)
    with module_gateway.owner() as connection:
        add_proof(connection, add_effect(connection, task["id"]))
    return module_gateway


def test_the_models_and_the_migrations_say_the_same(module_gateway: Gateway):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    engine = create_engine(module_gateway.settings.database_url_for("owner"))
    with engine.connect() as connection:
        assert schema_state(connection).is_current
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_every_table_of_a_workspace_has_row_level_security(module_gateway: Gateway):
    rows = module_gateway.query(
        "SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    secured = {row["relname"]: row["relrowsecurity"] for row in rows if row["relname"] != "alembic_version"}
    assert {name for name, is_on in secured.items() if not is_on} == NOBODYS
    assert sorted(secured) == sorted(Base.metadata.tables)


@pytest.mark.parametrize("table", OF_A_WORKSPACE)
def test_without_a_workspace_no_row_is_seen(filled: Gateway, as_gateway: psycopg.Connection, table: str):
    assert filled.query(f"SELECT count(*) AS n FROM {table}")[0]["n"] > 0
    column = "id" if table == "workspaces" else "workspace_id"
    for statement in ("SELECT 1", "SELECT set_config('app.workspace', '', false)"):
        as_gateway.execute(statement)
        try:
            rows = as_gateway.execute(f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL").fetchall()
        except psycopg.errors.InsufficientPrivilege:
            assert table in BY_HASH_ALONE
        else:
            assert rows == []


@pytest.mark.parametrize("table", [name for name in OF_A_WORKSPACE if name not in {"workspaces"} | BY_HASH_ALONE])
def test_another_workspace_sees_none_of_them(filled: Gateway, as_gateway: psycopg.Connection, table: str):
    as_gateway.execute("SELECT set_config('app.workspace', %s, false)", [str(UUID(int=7))])
    assert as_gateway.execute(f"SELECT 1 FROM {table} WHERE workspace_id IS NOT NULL").fetchall() == []
    as_gateway.execute("SELECT set_config('app.workspace', %s, false)", [filled.workspace_id])
    assert as_gateway.execute(f"SELECT 1 FROM {table} WHERE workspace_id IS NOT NULL").fetchall() != []


@pytest.mark.parametrize("table", sorted(PEOPLES - {"setup_tokens"}))
def test_what_is_a_persons_own_is_seen_by_nobody_else(filled: Gateway, as_gateway: psycopg.Connection, table: str):
    column = {"refresh_tokens": "session_id", "recovery_codes": "person_id"}.get(table, "id")
    person = filled.query("SELECT id FROM people")[0]["id"]
    assert filled.query(f"SELECT count(*) AS n FROM {table}")[0]["n"] > 0
    for other in ("", str(UUID(int=7))):
        as_gateway.execute("SELECT set_config('app.person', %s, false)", [other])
        assert as_gateway.execute(f"SELECT {column} FROM {table}").fetchall() == []
    as_gateway.execute("SELECT set_config('app.person', %s, false)", [str(person)])
    assert len(as_gateway.execute(f"SELECT {column} FROM {table}").fetchall()) == 1


@pytest.mark.parametrize(
    "secret",
    [
        "password FROM people",
        "totp FROM people",
        "hash FROM recovery_codes",
        "hash FROM api_keys",
        "hash FROM refresh_tokens",
        "hash FROM invitations",
        "hash FROM host_tokens",
        "hash FROM host_credentials",
        "hash FROM tickets",
        "hash FROM setup_tokens",
    ],
)
def test_no_hash_can_be_read_by_a_plain_select(filled: Gateway, as_gateway: psycopg.Connection, secret: str):
    person = filled.query("SELECT id FROM people")[0]["id"]
    as_gateway.execute("SELECT set_config('app.workspace', %s, false)", [filled.workspace_id])
    as_gateway.execute("SELECT set_config('app.person', %s, false)", [str(person)])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_gateway.execute(f"SELECT {secret}")


def test_a_row_cannot_be_written_into_another_workspace(filled: Gateway, as_gateway: psycopg.Connection):
    as_gateway.execute("SELECT set_config('app.workspace', %s, false)", [filled.workspace_id])
    other = "00000000-0000-7000-8000-000000000001"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_gateway.execute(
            "INSERT INTO scopes (workspace_id, key, gate, reason) VALUES (%s, 'all', 'system', 'not mine')", [other]
        )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_gateway.execute("UPDATE tasks SET workspace_id = %s", [other])


def test_the_gateways_role_owns_nothing_and_bypasses_nothing(module_gateway: Gateway):
    roles = module_gateway.query(
        "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname LIKE 'callsheet_%%'"
        " AND rolname <> 'callsheet_owner'"
    )
    owned = module_gateway.query(
        "SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = 'callsheet_gateway'"
    )
    assert len(roles) == 6
    assert not any(value for role in roles for value in role.values())
    assert owned == []


def test_what_is_anothers_answers_as_if_it_were_not_there(filled: Gateway):
    mine = filled.submit(comment(filled.settings))
    theirs = filled.with_key(new_workspace(filled.settings, "theirs", ALL))
    proof = filled.query("SELECT id FROM proofs")[0]["id"]
    task = f"/api/scheduler/task/{mine['id']}"
    schedule = f"/api/schedules/{filled.query('SELECT id FROM schedules')[0]['id']}"
    persona = f"/api/personas/{filled.query('SELECT id FROM personas')[0]['id']}"
    run = f"/api/runs/{filled.query('SELECT id FROM runs')[0]['id']}"
    answers = [
        theirs.get(task),
        theirs.patch(task, json={"priority": 1}),
        theirs.delete(task),
        *(theirs.get(f"{task}/{what}") for what in ("explain", "events")),
        *(theirs.post(f"{task}/{what}") for what in ("retry", "verify")),
        theirs.post(f"{task}/approve", json={"payload_hash": mine["payload_hash"]}),
        theirs.post(f"{task}/reject", json={"reason": "no"}),
        theirs.post(f"{task}/resolve", json={"outcome": "absent", "note": "no"}),
        theirs.post("/api/scheduler/task", json=PROBE | {"dependencies": [mine["id"]]}),
        theirs.post("/api/scheduler/task", json=PROBE | {"payload": {"lane": "chromium.local.instagram"}}),
        theirs.post("/api/scheduler/task", json=comment(filled.settings)),
        theirs.get(f"/api/proofs/{proof}"),
        theirs.get(run),
        theirs.post(f"{run}/cancel"),
        theirs.get(schedule),
        theirs.patch(schedule, json={"overlap": "queue"}),
        theirs.delete(schedule),
        theirs.post("/api/schedules", json={"task": comment(filled.settings), "rule": "FREQ=DAILY", "zone": "UTC"}),
        theirs.get("/api/accounts/instagram/demo"),
        *(theirs.request(method, persona, json={}) for method in ("GET", "PATCH", "DELETE")),
        *(theirs.post(f"/api/accounts/instagram/demo/{what}") for what in ("pause", "disconnect", "check")),
        theirs.patch("/api/accounts/instagram/demo", json={}),
        theirs.delete("/api/accounts/instagram/demo"),
        theirs.post("/api/accounts/tiktok/connect", json={"persona": persona.rpartition("/")[2]}),
        theirs.post("/api/scheduler/pause", json={"scope": "account:instagram/demo"}),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    for path in ("/api/scheduler/queue", "/api/effects", "/api/accounts", "/api/schedules", "/api/runs", "/api/personas"):
        assert theirs.get(path).json()["items"] == []
    assert sum(theirs.get("/api/scheduler/status").json()["counts"].values()) == 0
    assert filled.http.get(task).json()["status"] == "pending"


def test_a_pause_holds_the_own_workspaces_tasks_only(gateway: Gateway):
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ALL))
    assert theirs.post("/api/scheduler/pause", json={"scope": "all"}).json() == {"scope": "all", "state": "paused"}
    held = theirs.post("/api/scheduler/task", json=PROBE).json()
    free = gateway.submit()
    assert [gate["gate"] for gate in held["waiting_for"]] == ["system", "lane"]
    assert [gate["gate"] for gate in free["waiting_for"]] == ["lane"]
    assert (theirs.get("/api/scheduler/status").json()["state"], "running") == ("paused", _state(gateway))
    gateway.post("/api/scheduler/resume", {"scope": "all"})
    assert theirs.get("/api/scheduler/status").json()["state"] == "paused"
    theirs.post("/api/scheduler/resume", json={"scope": "all"})
    assert theirs.get("/api/scheduler/status").json()["state"] == "running"


def test_the_systems_own_pause_holds_everybody(gateway: Gateway):
    gateway.query(
        "INSERT INTO scopes (workspace_id, key, gate, reason)"
        " VALUES ('00000000-0000-7000-8000-000000000001', 'all', 'system', 'maintenance')"
    )
    assert gateway.submit()["waiting_for"][0] == {"gate": "system", "reason": "maintenance", "until": None}
    assert _state(gateway) == "paused"


def _state(gateway: Gateway) -> str:
    state: str = gateway.http.get("/api/scheduler/status").json()["state"]
    return state
