"""What can somebody do who has a login of the database?"""

from __future__ import annotations

import pytest

from tests.support.gateway import Gateway
from tests.support.hosts import Joined

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


def test_nobody_becomes_superuser_through_a_temporary_object(module_gateway: Gateway, login: Joined):
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


def test_nobody_makes_objects_that_outlive_the_session(login: Joined):
    for statement in ("CREATE SCHEMA mine", "CREATE TABLE public.mine (n int)", "CREATE TEMPORARY TABLE mine (n int)"):
        assert "permission denied" in login.psql(statement).stderr, statement


def test_nobody_hangs_our_triggers_on_a_table(module_gateway: Gateway, login: Joined):
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
        "INSERT INTO breakers (workspace_id, key, failed_at) SELECT host_workspace(), 'x', ARRAY['{far}'::timestamptz]",
    ],
)
def test_no_instant_is_stored_that_stops_the_dispatch_of_all_tenants(host: Joined, statement: str, far: str):
    answer = host.psql(statement.format(far=far))
    assert "_finite" in answer.stderr, answer.stderr or answer.stdout


def test_no_process_has_a_start_time_that_is_equal_to_all(host: Joined, tenants):
    task = tenants[0].ids["task"]
    insert = (
        "INSERT INTO attempts (workspace_id, task_id, kind, lane, release_seq, host, pid, pid_started_at, deadline_at,"
        f" lease_until) SELECT host_workspace(), '{task}', 'perform', 'x', 1, 'server', 1, '{{start}}', now(), now()"
    )
    for start in ("NaN", "Infinity"):
        assert "ck_attempts_finite" in host.psql(insert.format(start=start)).stderr


def test_nobody_makes_the_numbers_of_events_run_out_or_holds_them(login: Joined, tenants):
    for statement in (
        "UPDATE event_counters SET seq = 9223372036854775807",
        "INSERT INTO event_counters (workspace_id, seq) SELECT workspace_id, 9 FROM event_counters",
        "SELECT seq FROM event_counters FOR NO KEY UPDATE",
    ):
        assert "permission denied" in login.psql(statement).stderr, statement
    stranger = tenants[1].key.get("/api/me").json()["workspace"]["id"]
    if login.name in {"mallorys", "gateway"}:
        taken = login.psql(f"SELECT * FROM take_event_numbers(ARRAY['{stranger}'::uuid], ARRAY[1::bigint])")
        assert "no event numbers of yours" in taken.stderr
    own = f"SELECT * FROM take_event_numbers(ARRAY['{login.workspace}'::uuid], ARRAY[9223372036854775807])"
    assert "no event numbers of yours" in login.psql(own).stderr
