"""Does every route ask for the permission it declares?"""

from __future__ import annotations

import re

import pytest
from fastapi import APIRouter

from api.guard import GuardedRoute, Permission, guards_of
from api.main import ROUTERS, create_app
from tests.support.gateway import Gateway, new_workspace

ROUTES = [route for router in ROUTERS for route in router.routes]
GUARDED = [
    (method, route.path, guard.scope)
    for route in ROUTES
    for guard in guards_of(route.dependant)
    if isinstance(guard, Permission)
    for method in sorted(route.methods)
]
PUBLIC = {"/livez", "/readyz", "/metrics", "/", "/static/{name}"}
SCOPES = ("read", "submit", "approve", "manage")


@pytest.fixture(scope="module")
def keys(module_gateway: Gateway) -> dict[str, str]:
    """A key for each scope alone."""
    return {scope: new_workspace(module_gateway.settings, "other", (scope,)) for scope in SCOPES}


def test_every_route_is_guarded_or_known_to_be_public():
    assert {route.path for route in ROUTES} - {path for _, path, _ in GUARDED} == PUBLIC


def test_a_route_without_a_permission_does_not_start():
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(TypeError, match="must declare one permission"):

        @router.get("/open")
        async def forgotten() -> None: ...


@pytest.mark.parametrize(("method", "path", "scope"), GUARDED)
def test_a_key_reaches_as_far_as_its_scopes(module_gateway: Gateway, keys, method: str, path: str, scope: str):
    address = re.sub(
        r"\{(task|proof|webhook|delivery|notification|schedule)\}", "00000000-0000-7000-8000-00000000dead", path
    )
    address = address.replace("{platform}", "x").replace("{handle}", "y")
    without = module_gateway.http.request(method, address, headers={"Authorization": ""})
    assert without.status_code == 401
    for other in SCOPES:
        headers = {"Authorization": f"Bearer {keys[other]}"}
        with module_gateway.http.stream(method, address, headers=headers) as answer:
            assert (answer.status_code == 403) == (other != scope), (other, answer.status_code)


def test_a_revoked_or_expired_key_is_no_key(gateway: Gateway):
    for column in ("revoked_at", "expires_at"):
        client = gateway.with_key(new_workspace(gateway.settings, column, ("read",)))
        assert client.get("/api/me").status_code == 200
        gateway.query(f"UPDATE api_keys SET {column} = now() WHERE name = 'key of {column}'")
        assert client.get("/api/me").status_code == 401


def test_a_key_is_shown_nowhere(gateway: Gateway):
    secret = gateway.api_key.rpartition("_")[2]
    answers = [gateway.http.get(path).text for path in ("/api/me", "/api/accounts", "/api/events?after=0", "/metrics")[:2]]
    rows = gateway.query("SELECT api_keys::text AS text FROM api_keys")
    assert secret not in "".join(answers) + rows[0]["text"]


def test_the_app_is_made_without_asking_any_server(database):
    create_app(database.model_copy(update={"database_url": "postgresql://nobody:x@127.0.0.1:1/none"}))
