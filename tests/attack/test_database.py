"""What can somebody do who has a login of the database?"""

from __future__ import annotations

import psycopg
import pytest

from tests.attack.conftest import Login
from tests.support.gateway import Gateway
from tests.support.people import signed_in

# Our trigger runs as its owner and writes a row down as JSON; a column's type may bring the function that does so along.
CAST_OF_MINE = """
    CREATE TYPE pg_temp.mine AS ENUM ('x');
    CREATE FUNCTION pg_temp.strike(pg_temp.mine) RETURNS json LANGUAGE plpgsql AS
        'BEGIN EXECUTE ''ALTER ROLE ' || session_user || ' SUPERUSER''; RETURN ''{}''; END';
    CREATE CAST (pg_temp.mine AS json) WITH FUNCTION pg_temp.strike(pg_temp.mine);
    CREATE TEMPORARY TABLE bait (m pg_temp.mine);
    CREATE TRIGGER snap AFTER INSERT ON bait FOR EACH ROW EXECUTE FUNCTION public.audit_row('m', '', '');
    INSERT INTO bait VALUES ('x');
"""
FAR = ("infinity", "-infinity", "20000-01-01")


def test_nobody_becomes_superuser_through_a_temporary_object(module_gateway: Gateway, login: Login):
    strike = CAST_OF_MINE.replace("' || session_user || '", login.sees("SELECT session_user")[0])
    try:
        for statement in ("SELECT 1", strike):
            answer = login.psql(statement)
        powerful = module_gateway.query("SELECT rolname FROM pg_roles WHERE rolsuper AND rolname LIKE 'callsheet%%'")
        assert [row["rolname"] for row in powerful] == ["callsheet_owner"]
        assert "permission denied" in answer.stderr
    finally:
        for role in ("gateway", "worker", "dispatcher"):
            module_gateway.query(f"ALTER ROLE callsheet_{role} NOSUPERUSER")


def test_nobody_makes_objects_that_outlive_the_session(login: Login):
    for statement in ("CREATE SCHEMA mine", "CREATE TABLE public.mine (n int)", "CREATE TEMPORARY TABLE mine (n int)"):
        assert "permission denied" in login.psql(statement).stderr, statement


def test_nobody_hangs_our_triggers_on_a_table(module_gateway: Gateway, login: Login):
    module_gateway.query("DROP TABLE IF EXISTS own")
    name = login.sees("SELECT session_user")[0]
    module_gateway.query(f'CREATE TABLE own (n int); ALTER TABLE own OWNER TO "{name}"')
    try:
        made = login.psql("CREATE TRIGGER snap AFTER INSERT ON own FOR EACH ROW EXECUTE FUNCTION audit_row('n', '', '')")
        assert "permission denied for function audit_row" in made.stderr
    finally:
        module_gateway.query("DROP TABLE own")


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tasks SET not_before = '{far}'",
        "UPDATE tasks SET due_at = '{far}'",
        "UPDATE tasks SET verify_at = '{far}'",
        "UPDATE accounts SET state_until = '{far}'",
        "UPDATE attempts SET lease_until = '{far}'",
        (
            "INSERT INTO cooldowns (workspace_id, account_id, cause, refusals, since, until, share)"
            " SELECT workspace_id, id, 'x', 1, now(), '{far}', 1 FROM accounts"
        ),
        (
            "INSERT INTO breakers (workspace_id, key, failed_at)"
            " SELECT workspace_id, 'x', ARRAY['{far}'::timestamptz] FROM accounts"
        ),
    ],
)
def test_no_instant_is_stored_that_stops_the_dispatch_of_all_tenants(worker: Login, statement: str, far: str):
    answer = worker.psql(statement.format(far=far))
    assert "_finite" in answer.stderr, answer.stderr or answer.stdout


def test_no_process_has_a_start_time_that_is_equal_to_all(worker: Login, tenants):
    task = tenants[0].ids["task"]
    insert = (
        "INSERT INTO attempts (workspace_id, task_id, kind, lane, release_seq, host, pid, pid_started_at, deadline_at,"
        f" lease_until) SELECT workspace_id, '{task}', 'perform', 'x', 1, 'server', 1, '{{start}}', now(), now()"
        " FROM accounts"
    )
    for start in ("NaN", "Infinity"):
        assert "ck_attempts_finite" in worker.psql(insert.format(start=start)).stderr


# What people sign in with, and what proves that they did. `account_credentials` is what accounts sign in with, for workers.
SIGN_INS = (
    *("people", "members", "sessions", "refresh_tokens", "recovery_codes", "tickets", "invitations", "setup_tokens"),
    *("api_keys", "oauth_requests", "gateway_secrets"),
)
RIGHTS = """
    SELECT table_name || ' ' || privilege_type FROM information_schema.column_privileges
    WHERE grantee IN ('callsheet_worker', 'callsheet_dispatcher', 'PUBLIC') AND table_name = ANY(%(tables)s)
    UNION SELECT table_name || ' ' || privilege_type FROM information_schema.table_privileges
    WHERE grantee IN ('callsheet_worker', 'callsheet_dispatcher', 'PUBLIC') AND table_name = ANY(%(tables)s)
"""
SIGN_IN_ATTACKS = (
    "SELECT count(*) FROM {table}",
    "DELETE FROM {table}",
    "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
    "SELECT 1 FROM {table} FOR UPDATE",
)


def test_no_right_to_a_table_of_sign_ins_is_a_workers_or_a_dispatchers(module_gateway: Gateway):
    assert module_gateway.query(RIGHTS, tables=list(SIGN_INS)) == []


def test_who_holds_a_workers_login_neither_reads_nor_ends_nor_holds_a_sign_in(login: Login):
    if login.name == "gateway":
        pytest.skip("it is the one that signs people in")
    with psycopg.connect(login.database_url) as attacker:
        for statement in (attack.format(table=table) for attack in SIGN_IN_ATTACKS for table in SIGN_INS):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), attacker.transaction():
                attacker.execute(statement)


def test_no_sign_in_that_is_good_is_forgotten(module_gateway: Gateway, login: Login):
    answer = login.psql("SELECT forget_sign_ins(0)")
    assert ("kept for a day at least" if login.name == "worker" else "permission denied") in answer.stderr


def test_no_worker_and_no_gateway_ends_sessions_and_a_dispatcher_none_that_keeps_to_its_time(
    module_gateway: Gateway, login: Login
):
    worker = module_gateway.settings.database_url_for("worker").replace("+psycopg", "")
    with psycopg.connect(worker) as at_work:
        at_work.execute("SELECT 1")
        answer = login.psql("SELECT pid FROM end_overlong_transactions()")
        at_work.execute("SELECT 1")
    assert (answer.stdout.strip(), "permission denied" in answer.stderr) == ("", login.name != "dispatcher")


@pytest.mark.parametrize("guarded", [True, False])
def test_a_session_is_ended_within_a_second_while_a_worker_tries_to_hold_it(module_gateway: Gateway, guarded):
    """With the right that workers had, it succeeds: the owner's session goes on until the attacker lets go."""
    login = module_gateway.settings.database_url_for("worker").replace("+psycopg", "")
    person = signed_in(module_gateway, f"held-{int(guarded)}@example.org", "local")
    if not guarded:
        module_gateway.query("GRANT SELECT (id, ends_at), DELETE ON sessions TO callsheet_worker")
        module_gateway.query("CREATE POLICY engine ON sessions TO callsheet_worker USING (true)")
    try:
        with psycopg.connect(login) as attacker:
            try:
                attacker.execute("DELETE FROM sessions")
            except psycopg.errors.InsufficientPrivilege:
                assert guarded
            ended = _ended_within_a_second(module_gateway, person.id)
            attacker.rollback()
        assert ended is guarded
    finally:
        if not guarded:
            module_gateway.query("REVOKE SELECT (id, ends_at), DELETE ON sessions FROM callsheet_worker")
            module_gateway.query("DROP POLICY engine ON sessions")


def _ended_within_a_second(gateway: Gateway, person: str) -> bool:
    """Whether the gateway's role can end somebody's sessions just now."""
    address = gateway.settings.database_url_for("gateway").replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute("SET lock_timeout = '1s'")
        try:
            connection.execute("SELECT set_config('app.person', %s, true)", (person,))
            ended = connection.execute("UPDATE sessions SET ended_at = now(), ended_because = 'signed_out'").rowcount
        except psycopg.errors.LockNotAvailable:
            return False
        connection.rollback()
        return ended == 1


def test_nobody_makes_the_numbers_of_events_run_out_or_holds_them(login: Login, tenants):
    for statement in (
        "UPDATE event_counters SET seq = 9223372036854775807",
        "INSERT INTO event_counters (workspace_id, seq) SELECT workspace_id, 9 FROM event_counters",
        "SELECT seq FROM event_counters FOR NO KEY UPDATE",
    ):
        assert "permission denied" in login.psql(statement).stderr, statement
    stranger = tenants[1].key.get("/api/me").json()["workspace"]["id"]
    if login.name == "gateway":
        taken = login.psql(f"SELECT * FROM take_event_numbers(ARRAY['{stranger}'::uuid], ARRAY[1::bigint])")
        assert "no event numbers of yours" in taken.stderr
    own = f"SELECT * FROM take_event_numbers(ARRAY['{login.workspace}'::uuid], ARRAY[9223372036854775807])"
    assert "no event numbers of yours" in login.psql(own).stderr
