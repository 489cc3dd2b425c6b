"""What does the database's own catalogue say about who may do what?"""

from __future__ import annotations

import pytest

from cli.local.backup import back_up, restore
from tests.support.gateway import Gateway

FUNCTIONS = (
    "SELECT p.oid::regprocedure::text AS name, r.rolname AS owner, r.rolsuper, r.rolcanlogin, p.proconfig,"
    " EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0) AS public,"
    " p.prosecdef FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner WHERE p.pronamespace = 'public'::regnamespace"
)


def _assert_closed(gateway: Gateway) -> None:
    functions = gateway.query(FUNCTIONS)
    assert functions
    assert [row["name"] for row in functions if row["public"]] == []
    definers = [row for row in functions if row["prosecdef"]]
    assert len(definers) > 25
    assert [row["name"] for row in definers if row["rolsuper"] or row["rolcanlogin"]] == []
    pinned = "search_path=pg_catalog, public, pg_temp"
    assert [row["name"] for row in definers if pinned not in (row["proconfig"] or [])] == []
    (rights,) = gateway.query(
        "SELECT EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
        "  WHERE d.datname = current_database() AND a.grantee = 0 AND a.privilege_type <> 'CONNECT') AS database,"
        " EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) a"
        "  WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE') AS schema,"
        " EXISTS (SELECT FROM pg_default_acl d, aclexplode(d.defaclacl) a"
        "  WHERE d.defaclobjtype = 'f' AND a.grantee = 0) AS functions,"
        " (SELECT count(*) FROM pg_default_acl WHERE defaclobjtype = 'f') AS defaults"
    )
    assert rights == {"database": False, "schema": False, "functions": False, "defaults": 1}


def test_nobody_without_a_name_may_call_or_make_anything_and_no_superuser_stands_behind_a_function(gateway: Gateway):
    _assert_closed(gateway)


def test_a_function_that_is_made_later_is_closed_to_whoever_is_not_named(gateway: Gateway):
    gateway.query("CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    may = gateway.query("SELECT has_function_privilege('callsheet_worker', 'later()', 'EXECUTE') AS may")
    assert may == [{"may": False}]


def test_every_instant_and_every_fraction_has_bounds(gateway: Gateway):
    open_columns = gateway.query(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped"
        " AND a.atttypid IN ('timestamptz'::regtype, 'timestamptz[]'::regtype, 'timestamp'::regtype, 'date'::regtype,"
        "  'double precision'::regtype, 'real'::regtype, 'numeric'::regtype)"
        " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND a.attnum = ANY (k.conkey)"
        "  AND k.conname = 'ck_' || c.relname || '_finite')"
    )
    assert open_columns == []


@pytest.mark.parametrize("role", ["callsheet_definer", "callsheet_admitter"])
def test_who_stands_behind_functions_cannot_sign_in_and_is_nobodys_group(gateway: Gateway, role: str):
    (row,) = gateway.query("SELECT * FROM pg_roles WHERE rolname = %(role)s", role=role)
    assert not any(row[power] for power in ("rolsuper", "rolcanlogin", "rolbypassrls", "rolcreatedb", "rolreplication"))
    assert not row["rolcreaterole"]
    members = gateway.query("SELECT m.member::regrole FROM pg_auth_members m WHERE m.roleid = %(role)s::regrole", role=role)
    assert members == []


def test_what_is_restored_is_as_closed_as_it_was(gateway: Gateway, servers, tmp_path):
    back_up(gateway.settings, tmp_path / "whole.tar")
    servers.run("CREATE DATABASE back_again")
    try:
        settings = gateway.settings.model_copy(
            update={"database_url": servers.address_of("back_again"), "home": tmp_path / "home"}
        )
        settings.home.mkdir()
        restore(settings, tmp_path / "whole.tar", settings.keyring())
        _assert_closed(Gateway(settings, gateway.url, gateway.api_key, gateway.workspace_id, gateway.http))
    finally:
        servers.drop("back_again")
