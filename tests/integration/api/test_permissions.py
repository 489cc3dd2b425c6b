"""Does every route let in whom it should, and nobody else? Every role and every scope against every route."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter

from api.guard import GuardedRoute
from api.main import ROUTERS, create_app
from shared.identity.caller import SCOPES_OF
from tests.support.gateway import Gateway, new_workspace
from tests.support.people import SignedIn, forget_tries, signed_in
from tests.support.routes import LEAST, ROLES, SCOPE_OF

ROUTES = {(method, route.path_format) for router in ROUTERS for route in router.routes for method in route.methods}
GUARDED = sorted((path, method) for (method, path), least in LEAST.items() if least not in {"anybody", "host"})
OF_HOSTS = sorted((path, method) for (method, path), least in LEAST.items() if least == "host")
SCOPES = ("read", "submit", "approve", "manage")
NOBODY = str(UUID(int=0xDEAD))


def ask(gateway: Gateway, method: str, path: str, token: str) -> httpx.Response:
    """The answer to a request without a body; of a stream its head."""
    address = re.sub(r"\{\w+\}", NOBODY, path.replace("{platform}", "x").replace("{handle}", "y"))
    headers = {"Authorization": token}
    with gateway.http.stream(method, address, headers=headers) as answer:
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            answer.read()
        return answer


@pytest.fixture(scope="module")
def keys(module_gateway: Gateway) -> dict[str, str]:
    """A key for each scope alone."""
    return {scope: new_workspace(module_gateway.settings, "other", (scope,)) for scope in SCOPES}


@pytest.fixture(scope="module")
def members(module_gateway: Gateway) -> dict[str, SignedIn]:
    """A member for each role."""
    return {role: signed_in(module_gateway, f"{role}@example.org", "other", role) for role in ROLES}


def test_no_route_is_unknown_here():
    assert set(LEAST) == ROUTES


def test_each_role_may_what_the_one_before_may_and_one_thing_more():
    assert [sorted(SCOPES_OF[role]) for role in ROLES] == [sorted(SCOPES[: n + 1]) for n in range(4)]


def test_a_route_without_a_permission_does_not_start():
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(TypeError, match="must declare one permission"):

        @router.get("/open")
        async def forgotten() -> None: ...


@pytest.mark.parametrize(("path", "method"), OF_HOSTS)
def test_a_host_alone_is_let_in(module_gateway: Gateway, keys, members, path: str, method: str):
    tokens = [
        *(f"Bearer {key}" for key in keys.values()),
        members["owner"].http.headers["Authorization"],
        "",
        "Bearer csd_x",
    ]
    for token in tokens:
        assert ask(module_gateway, method, path, token).status_code == 401


@pytest.mark.parametrize(("path", "method"), GUARDED)
def test_without_credentials_nobody_is_let_in(module_gateway: Gateway, path: str, method: str):
    for token in ("", "Bearer csk_wrong", "Basic bWFyYTpoZXJvbg==", "Bearer a.b.c"):
        assert ask(module_gateway, method, path, token).status_code == 401


@pytest.mark.parametrize(("path", "method"), GUARDED)
def test_a_key_reaches_as_far_as_its_scopes(module_gateway: Gateway, keys, path: str, method: str):
    least = LEAST[method, path]
    for scope in SCOPES:
        answer = ask(module_gateway, method, path, f"Bearer {keys[scope]}")
        may = least == "signed in" or SCOPE_OF.get(least) == scope
        assert (answer.status_code == 403) != may, (scope, answer.status_code)


@pytest.mark.parametrize(("path", "method"), GUARDED)
def test_a_role_reaches_as_far_as_the_table_says(module_gateway: Gateway, members, path: str, method: str):
    least = LEAST[method, path]
    first = ROLES.index(least) if least in ROLES else 0
    for place, role in enumerate(ROLES):
        token = members[role].tokens["access_token"]
        if path == "/api/auth/logout":  # for this one a sign-in of their own
            forget_tries(module_gateway)
            token = signed_in(module_gateway, members[role].email).tokens["access_token"]
        answer = ask(module_gateway, method, path, f"Bearer {token}")
        assert answer.status_code != 401, answer.text
        assert (answer.status_code == 403) != (place >= first), (role, answer.status_code)


def test_who_is_no_member_is_told_to_become_one(module_gateway: Gateway):
    forget_tries(module_gateway)
    alone = signed_in(module_gateway, "alone@example.org")
    assert alone.http.get("/api/scheduler/queue").status_code == 422
    assert alone.http.get("/api/me").json()["workspace"] is None
    assert alone.http.get("/api/workspaces").json()["items"] == []


def test_a_revoked_or_expired_key_is_no_key(gateway: Gateway):
    for column in ("revoked_at", "expires_at"):
        client = gateway.with_key(new_workspace(gateway.settings, column, ("read",)))
        assert client.get("/api/me").status_code == 200
        gateway.query(f"UPDATE api_keys SET {column} = now() WHERE name = 'key of {column}'")
        assert client.get("/api/me").status_code == 401


def test_a_key_is_shown_nowhere(gateway: Gateway):
    secret = gateway.api_key.split("_", 2)[2]
    answers = [gateway.http.get(path).text for path in ("/api/me", "/api/accounts", "/api/keys", "/metrics")]
    rows = gateway.query("SELECT api_keys::text AS text FROM api_keys")
    assert secret not in "".join(answers) + rows[0]["text"]


def test_the_app_is_made_without_asking_any_server(database):
    create_app(database.model_copy(update={"database_url": "postgresql://nobody:x@127.0.0.1:1/none"}))
