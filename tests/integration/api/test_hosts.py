"""How do hosts join, and does what lets one in end when it is revoked?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.integration.api.test_tenant_matrix import tenant
from tests.support.gateway import Gateway
from tests.support.hosts import join, offer
from tests.support.people import forget_tries


@pytest.fixture(scope="module")
def tenants(module_gateway: Gateway):
    return tenant(module_gateway, "alder"), tenant(module_gateway, "birch")


def test_a_host_gets_no_address_of_a_database_or_a_broker(module_gateway: Gateway, tenants):
    before = module_gateway.query("SELECT rolname FROM pg_roles WHERE rolcanlogin")
    host = join(module_gateway, tenants[0].key, "only-alder-too")
    assert host.at_the_door(module_gateway) == 404
    assert module_gateway.query("SELECT rolname FROM pg_roles WHERE rolcanlogin") == before
    for group in ("callsheet_host", "callsheet_admitter"):
        rights = module_gateway.query(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND (has_any_column_privilege(%(group)s, oid, 'SELECT, INSERT, UPDATE, REFERENCES')"
            " OR has_table_privilege(%(group)s, oid, 'DELETE, TRUNCATE, TRIGGER'))",
            group=group,
        )
        assert rights == []


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


def test_a_host_that_joins_again_has_only_its_new_credential(module_gateway: Gateway, tenants):
    first = join(module_gateway, tenants[0].key, "again")
    second = join(module_gateway, tenants[0].key, "again")
    assert first.at_the_door(module_gateway) == 401
    assert second.at_the_door(module_gateway) == 404


def test_a_revoked_host_is_out_at_once(module_gateway: Gateway, tenants):
    gone = join(module_gateway, tenants[0].key, "gone")
    for lane in ("safari.gone", "chromium.gone.instagram", "safari.gone-by"):
        module_gateway.query(
            "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
            " VALUES (%(lane)s, 'p', 'h', 1, 'v', ARRAY[%(lane)s], 1, now())",
            lane=lane,
        )
    assert tenants[1].key.post(f"/api/hosts/{gone.id}/revoke").status_code == 404
    assert gone.at_the_door(module_gateway) == 404
    assert tenants[0].key.post(f"/api/hosts/{gone.id}/revoke").json()["state"] == "revoked"
    assert gone.at_the_door(module_gateway) == 401
    left = module_gateway.query("SELECT id FROM workers WHERE 'gone' = split_part(lanes[1], '.', 2)")
    assert left == []
    assert module_gateway.query("DELETE FROM workers WHERE id = 'safari.gone-by' RETURNING id")  # it belongs to another


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
