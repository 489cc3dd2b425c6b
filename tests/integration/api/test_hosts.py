"""How do hosts join, what can one reach with its own credentials, and does it end when it is revoked?"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from shared.accounts.acting import ActingAccount
from shared.accounts.observe_health import Seen, observe_health
from shared.db.migrate import migrate
from shared.db.repositories import drift, proofs
from shared.db.session import connect
from shared.interactions.receive import Incoming, Received, receive
from shared.settings import Settings
from tests.integration.api.test_tenant_matrix import tenant
from tests.support.gateway import Gateway
from tests.support.hosts import Joined, join, offer
from tests.support.people import forget_tries
from tests.support.stack import wait_for
from workers.evidence import keep_evidence

# What serves everybody and holds nothing of anybody's.
EVERYBODYS = {"alembic_version", "database_losses", "database_notes", "sleep", "switches"}
MAY_CALL = {
    "hold_switch", "host_workspace", "is_host", "is_own_lane", "lane_load", "leave_lane", "proof_states",
    "take_event_numbers", "take_lane",
}  # fmt: skip


@pytest.fixture(scope="module")
def tenants(module_gateway: Gateway):
    return tenant(module_gateway, "alder"), tenant(module_gateway, "birch")


@pytest.fixture(scope="module")
def host(module_gateway: Gateway, tenants) -> Joined:
    return join(module_gateway, tenants[0].key, "only-alder")


def _reachable(gateway: Gateway) -> set[str]:
    rows = gateway.query(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND (has_any_column_privilege('callsheet_host', oid, 'SELECT, INSERT, UPDATE, REFERENCES')"
        " OR has_table_privilege('callsheet_host', oid, 'DELETE, TRUNCATE, TRIGGER'))"
    )
    return {row["relname"] for row in rows}


def test_every_table_is_closed_to_hosts_or_shows_them_their_workspace_only(module_gateway: Gateway):
    secured = module_gateway.query(
        "SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_roles r ON r.oid = ANY (p.polroles)"
        " WHERE r.rolname = 'callsheet_host' AND c.relrowsecurity"
        " AND pg_get_expr(coalesce(p.polqual, p.polwithcheck), p.polrelid) LIKE '%%host_workspace()%%'"
    )
    foreign = module_gateway.query(
        "SELECT c.relname, p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
        " WHERE 0 = ANY (p.polroles) AND has_table_privilege('callsheet_host', c.oid, 'SELECT')"
    )
    assert _reachable(module_gateway) - {row["relname"] for row in secured} == EVERYBODYS
    assert foreign == []  # a policy for everybody would open a table beside its own


@pytest.mark.parametrize(
    "closed",
    [
        "account_credentials.sealed", "accounts.credentials", "api_keys.hash", "archived_tasks.id", "audit_log.seq",
        "host_access.redis_hash", "host_tokens.hash", "idempotency_keys.key", "leases.key", "media.id", "members.person_id",
        "notifications.target", "oauth_requests.sealed", "people.email", "schedules.id", "sessions.id", "sleep.asked_by",
        "webhooks.url",
    ],
)  # fmt: skip
def test_what_no_attempt_in_a_browser_needs_is_closed(host: Joined, closed: str):
    table, column = closed.split(".")
    assert "permission denied" in host.psql(f"SELECT {column} FROM {table}").stderr


def test_a_host_reads_no_row_of_another_workspace(module_gateway: Gateway, tenants, host: Joined):
    others = 0
    for table in sorted(_reachable(module_gateway) - EVERYBODYS):
        column = "id" if table == "workspaces" else "workspace_id"
        system = " WHERE workspace_id <> '00000000-0000-7000-8000-000000000001'" if table == "scopes" else ""
        assert set(host.sees(f"SELECT DISTINCT {column} FROM {table}{system}")) <= {host.workspace}, table
        others += len(
            module_gateway.query(f"SELECT DISTINCT {column} FROM {table} WHERE {column} <> %(own)s", own=host.workspace)
        )
    assert others > 10
    assert host.sees("SELECT DISTINCT id FROM tasks") == [tenants[0].ids["task"]]
    module_gateway.query("UPDATE tasks SET status = 'queued', released_at = now() WHERE status = 'pending'")
    assert host.sees("SELECT lane FROM lane_load(NULL)") == ["chromium.only-alder.instagram"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tasks SET cancel_requested = true WHERE id = '{task}' RETURNING id",
        "UPDATE attempts SET lease_until = now() WHERE task_id = '{task}' RETURNING id",
        "DELETE FROM breakers RETURNING key",
        "UPDATE accounts SET state = 'paused' WHERE handle = '{handle}' RETURNING id",
    ],
)
def test_a_host_changes_no_row_of_another_workspace(tenants, host: Joined, statement: str):
    assert host.sees(statement.format(**tenants[1].ids))[-1] == "0"


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("INSERT INTO scopes (workspace_id, key, gate, reason) VALUES ('{workspace}', 'all', 'budgets', 'x')", "row-level"),
        (("INSERT INTO attempts (workspace_id, task_id, kind, lane, release_seq, host, pid, pid_started_at, deadline_at,"
         " lease_until) SELECT host_workspace(), '{task}', 'perform', 'x', 1, 'x', 1, 1, now(), now()"), "row-level"),
        ("INSERT INTO lanes (name, workspace_id, concurrency) SELECT 'system', host_workspace(), 9", "row-level"),
        (("INSERT INTO workers (id, workspace_id, pool, host, pid, version, lanes, concurrency, seen_until) SELECT 'w',"
         " host_workspace(), 'p', 'h', 1, '1', '{{system}}', 1, now()"), "row-level"),
        ("INSERT INTO scopes (workspace_id, key, gate, reason) SELECT host_workspace(), 'all', 'system', 'x'", "row-level"),
        ("UPDATE switches SET is_on = false", "permission denied"),
        ("SELECT is_on FROM switches FOR SHARE", "permission denied"),
        ("UPDATE tasks SET payload = '{{}}'", "permission denied"),
        ("UPDATE tasks SET approved_hash = payload_hash", "permission denied"),
        ("DELETE FROM tasks", "permission denied"),
        ("SELECT * FROM audit_log", "permission denied"),
        ("SELECT revoke_host('{host}')", "permission denied"),
        ("SELECT find_api_key('x')", "permission denied"),
        ("SET ROLE callsheet_worker", "permission denied"),
        ("CREATE TABLE mine (n int)", "permission denied"),
        ("CREATE ROLE other", "permission denied"),
    ],
)  # fmt: skip
def test_a_host_cannot_reach_beyond_its_workspace(tenants, host: Joined, statement: str, why: str):
    ids = tenants[1].ids | {"workspace": tenants[1].key.get("/api/me").json()["workspace"]["id"]}
    assert why in host.psql(statement.format(**ids)).stderr


def test_a_host_keeps_what_others_wrote_and_leaves_alone_who_asks_for_it(module_gateway: Gateway, tenants, host: Joined):
    own, other = (
        module_gateway.query("SELECT * FROM accounts WHERE handle = %(handle)s", handle=one.ids["handle"])[0]
        for one in tenants
    )

    async def read(account: dict) -> Received:
        settings = module_gateway.settings.model_copy(update={"worker_database_url": host.database_url})
        engine = connect(settings, "worker", pool_size=1)
        try:
            acting = ActingAccount(account["id"], account["workspace_id"], account["platform"], account["handle"])
            said = Incoming("message", "9001", "maple_studio", "Stop.", "http://127.0.0.1/")
            return await receive(engine=engine, account=acting, incoming=[said])
        finally:
            await engine.dispose()

    assert asyncio.run(read(own)) == Received(1, 1)
    assert host.sees("SELECT author FROM interactions WHERE external_id = '9001'") == ["maple_studio"]
    with pytest.raises(ProgrammingError, match="row-level"):
        asyncio.run(read(other))


def test_a_host_says_which_pages_have_changed_and_which_files_are_of_no_use(module_gateway: Gateway, tenants, host: Joined):
    own, other = (
        module_gateway.query("SELECT * FROM accounts WHERE handle = %(handle)s", handle=one.ids["handle"])[0]
        for one in tenants
    )
    [proof] = module_gateway.query("SELECT id FROM proofs WHERE workspace_id = %(id)s", id=other["workspace_id"])

    async def act(account: dict) -> dict[UUID, bool]:
        settings = module_gateway.settings.model_copy(update={"worker_database_url": host.database_url})
        engine, row = connect(settings, "worker", pool_size=1), SimpleNamespace(**account, attempt_id=1)
        acting = ActingAccount(account["id"], account["workspace_id"], account["platform"], account["handle"])
        try:
            await keep_evidence(engine, settings, row, "dm", {}, locator="box")
            async with engine.begin() as connection:
                await drift.note(connection, drift.PageKind.of(row), [("box", 2, 3), ("list", 2, 2)])
            seen = Seen(ok=True, signed_in_as=None, found=["list"], missing=[], not_seen=[], message="")
            await observe_health(engine=engine, account=acting, seen=seen, code="", as_usual=frozenset({"list"}))
            async with engine.connect() as connection:
                return await proofs.states(connection, [proof["id"], account["id"]])
        finally:
            await engine.dispose()

    # In a folder that others use too it takes none of their screenshots for nobody's.
    assert asyncio.run(act(own)) == {proof["id"]: False}
    assert host.sees("SELECT locator FROM drift") == ["box"]
    assert host.sees("SELECT host FROM evidence") == ["local"]
    with pytest.raises(ProgrammingError, match="row-level"):
        asyncio.run(act(other))


def test_of_the_functions_that_see_everything_a_host_may_call_only_those_that_know_it(module_gateway: Gateway):
    rows = module_gateway.query(
        "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef"
        " AND p.prorettype <> 'trigger'::regtype AND has_function_privilege('callsheet_host', p.oid, 'EXECUTE')"
    )
    assert {row["proname"] for row in rows} == MAY_CALL


def test_a_host_takes_and_leaves_no_lane_but_its_own(module_gateway: Gateway, host: Joined):
    module_gateway.query("SELECT take_lane('safari.only-birch', 'somebody', 60)")
    ends = "SELECT expires_at FROM leases WHERE key = 'safari.only-birch'"
    before = module_gateway.query(ends)
    assert "is no lane of yours" in host.psql("SELECT take_lane('safari.only-birch', 'me', 60)").stderr
    host.sees("SELECT leave_lane('safari.only-birch', 'somebody')")
    assert module_gateway.query(ends) == before
    assert host.sees("SELECT take_lane('safari.only-alder', 'me', 60)") == ["1"]


def test_no_temporary_table_can_stand_in_the_place_of_one_of_ours(module_gateway: Gateway):
    rows = module_gateway.query(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
        " AND NOT 'search_path=pg_catalog, public, pg_temp' = ANY (coalesce(proconfig, '{}'))"
    )
    assert rows == []


def _join(gateway: Gateway, token: str) -> httpx.Response:
    return httpx.post(f"{gateway.url}/api/hosts/join", json={"token": token}, timeout=20, trust_env=False)


def test_a_token_joins_once(module_gateway: Gateway, tenants):
    token = offer(tenants[0].key, "once")["token"]
    assert _join(module_gateway, token).status_code == 200
    assert _join(module_gateway, token).status_code == 401


def test_a_token_that_is_too_old_or_was_replaced_joins_nothing(module_gateway: Gateway, tenants):
    old = offer(tenants[0].key, "late")["token"]
    fresh = offer(tenants[0].key, "late")["token"]
    assert _join(module_gateway, old).status_code == 401
    module_gateway.query("UPDATE host_tokens SET expires_at = now() - interval '1 second'")
    assert _join(module_gateway, fresh).status_code == 401


def test_a_name_of_another_workspace_is_taken(tenants):
    answer = tenants[1].key.post("/api/hosts", json={"name": "only-alder"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


def test_a_host_that_joins_again_has_only_its_new_credentials(module_gateway: Gateway, tenants):
    first = join(module_gateway, tenants[0].key, "again")
    second = join(module_gateway, tenants[0].key, "again")
    assert first.psql("SELECT 1").returncode != 0
    assert second.sees("SELECT 1") == ["1"]


def test_a_revoked_host_is_out_at_once(module_gateway: Gateway, tenants):
    gone = join(module_gateway, tenants[0].key, "gone")
    for lane in ("safari.gone", "chromium.gone.instagram", "safari.gone-by"):
        module_gateway.query(
            "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
            " VALUES (%(lane)s, 'p', 'h', 1, 'v', ARRAY[%(lane)s], 1, now())",
            lane=lane,
        )
    with psycopg.connect(gone.database_url, autocommit=True) as session:
        assert session.execute("SELECT count(*) FROM tasks").fetchone() != (0,)
        answer = tenants[0].key.post(f"/api/hosts/{gone.id}/revoke")
        assert answer.json()["state"] == "revoked"
        wait_for("its session has ended", lambda: _is_over(session), seconds=5, every=0.02)
    assert "not permitted to log in" in gone.psql("SELECT 1").stderr
    left = module_gateway.query("SELECT id FROM workers WHERE 'gone' = split_part(lanes[1], '.', 2)")
    assert left == []
    assert module_gateway.query("DELETE FROM workers WHERE id = 'safari.gone-by' RETURNING id")  # it belongs to another


def _is_over(session: psycopg.Connection) -> bool:
    try:
        session.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def test_who_revokes_while_a_host_joins_leaves_no_host_behind(module_gateway: Gateway, tenants):
    forget_tries(module_gateway)
    for number in range(6):
        made = offer(tenants[0].key, f"race-{number}")
        with ThreadPoolExecutor(2) as both:
            joined = both.submit(_join, module_gateway, made["token"])
            revoked = both.submit(tenants[0].key.post, f"/api/hosts/{made['id']}/revoke")
        assert revoked.result().status_code == 200
        state = tenants[0].key.get(f"/api/hosts/{made['id']}").json()["state"]
        # Either it was in and is out again, or its token was taken before, or it joined after nothing was there to revoke.
        assert (joined.result().status_code, state) in {(200, "revoked"), (401, "not_joined")}


def test_an_owner_who_is_no_superuser_can_admit_and_revoke(servers, tmp_path):
    servers.run("DROP ROLE IF EXISTS plain_owner")
    servers.run("CREATE ROLE plain_owner LOGIN CREATEROLE NOSUPERUSER PASSWORD 'plain'")
    for role in ("callsheet_gateway", "callsheet_worker", "callsheet_dispatcher", "callsheet_host"):
        servers.run(f"GRANT {role} TO plain_owner WITH ADMIN OPTION, INHERIT FALSE, SET FALSE")
    servers.run("CREATE DATABASE plain OWNER plain_owner")
    parts = urlsplit(servers.address_of("plain"))
    address = urlunsplit(parts._replace(netloc=f"plain_owner:plain@{parts.netloc.rpartition('@')[2]}"))
    try:
        migrate(Settings(home=tmp_path, database_url=address, keys=servers.keys))
        role, workspace, host = f"callsheet_host_{UUID(int=1).hex}", UUID(int=2), UUID(int=3)
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute("SELECT set_config('app.workspace', %s, false)", [str(workspace)])
            owner.execute("INSERT INTO workspaces (id, name) VALUES (%s, 'w')", [workspace])
            owner.execute("INSERT INTO hosts (id, workspace_id, name) VALUES (%s, %s, 'h')", [host, workspace])
            verifier = owner.pgconn.encrypt_password(b"secret", role.encode(), b"scram-sha-256").decode()
            owner.execute("SELECT admit_host(%s, %s, %s, 'x')", [host, role, verifier])
            own = urlunsplit(parts._replace(netloc=f"{role}:secret@{parts.netloc.rpartition('@')[2]}"))
            with psycopg.connect(own, autocommit=True) as session:
                assert session.execute("SELECT host_workspace()").fetchone() == (workspace,)
                owner.execute("SELECT revoke_host(%s)", [host])
                assert session.execute("SELECT host_workspace()").fetchone() == (None,)
                assert owner.execute("SELECT end_host_sessions(%s)", [host]).fetchone() == (1,)
                wait_for("its session has ended", lambda: _is_over(session), seconds=5, every=0.02)
    finally:
        servers.drop("plain")
