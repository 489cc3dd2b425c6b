"""Two workspaces, every route, every id of the other: is it always as if it were not there?

The requests are made from the OpenAPI document. An id that this file does not know how to make fails the test: no new route
is left out.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from api.main import create_app
from shared.identity.store import workspaces
from tests.support.gateway import PROBE, Gateway, new_workspace
from tests.support.ledger import add_effect, add_proof
from tests.support.people import SignedIn, signed_in

ALL = ("read", "submit", "approve", "manage")
METHODS = ("get", "post", "put", "patch", "delete")
PLATFORM = "instagram"
# Neither a key nor a person comes this way; `test_host_door.py` tries one host's on another.
OF_HOSTS = "/api/hosts/door/"


@dataclass(frozen=True)
class Tenant:
    """A workspace with one of everything that has an id."""

    name: str
    key: httpx.Client
    owner: SignedIn
    ids: dict[str, str]


def tenant(gateway: Gateway, name: str) -> Tenant:
    key = gateway.with_key(new_workspace(gateway.settings, name, ALL))
    workspace = key.get("/api/me").json()["workspace"]["id"]
    handle = f"only-{name}"
    _add_account(gateway, workspace, handle)
    owner = signed_in(gateway, f"owner@{name}.example.org", name)
    return Tenant(name, key, owner, _made(gateway, key, owner, workspace, handle))


def _add_account(gateway: Gateway, workspace: str, handle: str) -> None:
    engine = create_engine(gateway.settings.database_url_for("owner"), poolclass=NullPool)
    with engine.begin() as connection:
        account = {
            "workspace_id": workspace,
            "persona_id": workspaces.ensure_persona(connection, workspace, handle),
            "host_id": workspaces.ensure_host(connection, workspace, handle),
            "platform": PLATFORM,
            "handle": handle,
            "transport": "chromium",
            "origin": "http://127.0.0.1:1/instagram",
            "practice": True,
        }
        workspaces.ensure_account(connection, account)


def _made(gateway: Gateway, key: httpx.Client, owner: SignedIn, workspace: str, handle: str) -> dict[str, str]:
    url = "http://127.0.0.1:1/instagram/p/C000000001/"
    comment = {
        "type": "comment",
        "platform": PLATFORM,
        "account": handle,
        "payload": {"post_url": url, "text": "What a light."},
    }
    task = _id(key.post("/api/scheduler/task", json=comment))
    gateway.query(
        "INSERT INTO runs (id, workspace_id, kind, name, account_id)"
        " SELECT gen_random_uuid(), workspace_id, 'trilogy', 'space', id FROM accounts WHERE handle = %(handle)s",
        handle=handle,
    )
    for statement in (
        (
            "INSERT INTO webhooks (id, workspace_id, url, secret, types, cursor)"
            " VALUES (gen_random_uuid(), %(w)s, 'https://hooks.example.org/', 'x', '{}', 0)"
        ),
        (
            "INSERT INTO webhook_deliveries (id, workspace_id, webhook_id, seq)"
            " SELECT gen_random_uuid(), workspace_id, id, 1 FROM webhooks WHERE workspace_id = %(w)s"
        ),
        (
            "INSERT INTO notifications (id, workspace_id, name, target, shown, types, cursor)"
            " VALUES (gen_random_uuid(), %(w)s, 'on call', 'x', 'x', '{}', 0)"
        ),
        (
            "INSERT INTO media (id, workspace_id, media_type, size, sha256, added_by)"
            " VALUES (gen_random_uuid(), %(w)s, 'image/png', 24, 'x', 'me')"
        ),
        (
            "INSERT INTO do_not_contact (id, workspace_id, handle, reason)"
            " VALUES (gen_random_uuid(), %(w)s, 'maple_studio', 'asked')"
        ),
    ):
        gateway.query(statement, w=workspace)
    with gateway.owner() as connection:
        proof = add_proof(connection, add_effect(connection, task))
    first = {
        name: str(gateway.query(f"SELECT id FROM {table} WHERE workspace_id = %(w)s LIMIT 1", w=workspace)[0]["id"])
        for name, table in (
            ("run", "runs"),
            ("host", "hosts"),
            ("webhook", "webhooks"),
            ("delivery", "webhook_deliveries"),
            ("notification", "notifications"),
            ("media", "media"),
            ("entry", "do_not_contact"),
            ("persona", "personas"),
        )
    }
    gateway.query(
        "INSERT INTO interactions (id, workspace_id, account_id, platform, kind, external_id, author, text, url)"
        " SELECT gen_random_uuid(), workspace_id, id, platform, 'message', '1', %(author)s, 'Hello.', '' FROM accounts"
        " WHERE handle = %(handle)s",
        author=f"fan-of-{handle}",
        handle=handle,
    )
    return first | {
        "task": task,
        "author": f"fan-of-{handle}",
        "proof": str(proof),
        "platform": PLATFORM,
        "handle": handle,
        "schedule": _id(key.post("/api/schedules", json={"task": PROBE, "rule": "FREQ=DAILY", "zone": "UTC"})),
        "key_id": _id(key.post("/api/keys", json={"name": "one", "scopes": ["read"]})),
        "member": owner.id,
        "invitation": _id(key.post("/api/invitations", json={"email": f"p@{handle}.example.org", "role": "viewer"})),
        "session": owner.tokens["session_id"],
    }


def _id(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def tenants(module_gateway: Gateway) -> tuple[Tenant, Tenant]:
    return tenant(module_gateway, "alder"), tenant(module_gateway, "birch")


@pytest.fixture(scope="module")
def document(module_gateway: Gateway) -> dict[str, Any]:
    return create_app(module_gateway.settings).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def body_of(operation: dict[str, Any]) -> Any:
    """The first example of the operation's body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return next((one["value"] for one in content.get("examples", {}).values()), content.get("example"))


def test_every_id_in_an_address_is_one_that_this_file_makes(document, tenants):
    paths = [path for _, path, _ in operations(document) if not path.startswith(OF_HOSTS)]
    named = {name for path in paths for name in re.findall(r"\{(\w+)\}", path)}
    assert named <= tenants[0].ids.keys()


@pytest.mark.parametrize("swap", [False, True], ids=["birch asks for alder's", "alder asks for birch's"])
def test_an_id_of_the_other_answers_404_on_every_route(document, tenants, *, swap: bool):
    has, asks = (tenants[1], tenants[0]) if swap else tenants
    asked = 0
    for method, path, operation in operations(document):
        names = re.findall(r"\{(\w+)\}", path)
        if not names or _is_list(method, path) or path.startswith(OF_HOSTS):
            continue
        # Each id alone is the other's, beside own ones; and all of them.
        for foreign in [*({name} for name in names if name != "platform"), set(names)]:
            ids = {name: (has if name in foreign else asks).ids[name] for name in names}
            for http in (asks.key, asks.owner.http):
                answer = http.request(method, path.format(**ids), json=body_of(operation))
                is_personal = http is asks.key and path.startswith("/api/auth/sessions")
                assert answer.status_code == (403 if is_personal else 404), (method, path, foreign, answer.text)
                asked += 1
    assert asked > 80


@pytest.mark.parametrize("swap", [False, True], ids=["birch lists", "alder lists"])
def test_no_list_and_no_answer_without_an_id_names_what_is_the_others(document, tenants, *, swap: bool):
    has, asks = (tenants[1], tenants[0]) if swap else tenants
    foreign = [value for name, value in has.ids.items() if name != "platform"] + [has.owner.email]
    for method, path, operation in operations(document):
        if not _is_list(method, path) or path in NO_LIST:
            continue
        takes = {parameter["name"] for parameter in operation.get("parameters", ())}
        query = QUERIES.get(path) or ({"limit": "200"} if "limit" in takes else {})
        for http in (asks.key, asks.owner.http):
            answer = http.get(path.format(platform=PLATFORM), params=query)
            # 409: there is no sign-in that the asked one could come back from.
            assert answer.status_code in {200, 403, 404, 409}, (path, answer.text)
            assert not [value for value in foreign if value in answer.text], path


def _is_list(method: str, path: str) -> bool:
    """A platform's name is nobody's own: what only that is asked of answers a list."""
    return method == "GET" and "{" not in path.replace("{platform}", "")


# A stream, which has a test of its own; numbers of all; where a platform sends a browser back to.
NO_LIST = {"/api/events", "/metrics", "/api/oauth/callback"}
# What some reads must be told.
QUERIES: dict[str, dict[str, str]] = {
    "/api/limits": {"scope": "workspace"},
    "/api/scheduler/plan": {"hours": "1"},
    "/api/resources/sora": {"account": "demo"},
    "/api/sora/credits": {"account": "demo"},
    "/api/oauth/callback": {"state": "nobody-began-this"},
}


def test_an_id_of_the_other_in_a_body_or_a_query_answers_404_too(tenants):
    for has, asks in itertools.permutations(tenants):
        scope = f"account:{PLATFORM}/{has.ids['handle']}"
        comment = {"type": "comment", "platform": PLATFORM, "account": has.ids["handle"]}
        comment["payload"] = {"post_url": "http://127.0.0.1:1/instagram/p/C000000001/", "text": "What a light."}
        lane = f"chromium.{has.ids['handle']}.{PLATFORM}"
        for path, body in (
            ("/api/scheduler/task", PROBE | {"dependencies": [has.ids["task"]]}),
            ("/api/scheduler/tasks", {"tasks": [PROBE | {"dependencies": [has.ids["task"]]}]}),
            ("/api/scheduler/task", PROBE | {"payload": {"lane": lane}}),
            ("/api/scheduler/task", comment),
            ("/api/schedules", {"task": comment, "rule": "FREQ=DAILY", "zone": "UTC"}),
            ("/api/scheduler/pause", {"scope": scope}),
            ("/api/scheduler/resume", {"scope": scope}),
            ("/api/sora/queue-trilogy", {"trilogy": "space", "account": has.ids["handle"]}),
            ("/api/sora/credits/check", {"account": has.ids["handle"]}),
            (f"/api/accounts/{PLATFORM}/connect", {"persona": has.ids["persona"]}),
        ):
            answer = asks.key.post(path, json=body)
            assert answer.status_code == 404, (path, answer.text)
        assert asks.key.get("/api/limits", params={"scope": scope}).status_code == 404
        assert asks.key.get("/api/sora/credits", params={"account": has.ids["handle"]}).status_code == 404
        replayed = asks.key.post("/api/dead-letters/replay", json={"ids": [has.ids["task"]]})
        assert replayed.status_code == 404 or replayed.json()["items"][0]["outcome"] == "not_found", replayed.text
        for query in ({"account": has.ids["handle"]}, {"lane": lane}):
            assert asks.key.get("/api/scheduler/queue", params=query).status_code == 404


def test_after_all_that_everything_still_stands(tenants):
    for one in tenants:
        ids = one.ids
        for path in (
            f"/api/scheduler/task/{ids['task']}",
            f"/api/schedules/{ids['schedule']}",
            f"/api/webhooks/{ids['webhook']}",
        ):
            assert one.key.get(path).status_code == 200
        assert one.owner.http.get("/api/me").json()["person"]["role"] == "owner"
        listed = json.dumps(
            [one.key.get(f"/api/{what}").json() for what in ("keys", "invitations", "members", "notifications")]
        )
        assert all(ids[name] in listed for name in ("key_id", "invitation", "member", "notification"))


def test_the_stream_of_one_says_nothing_of_the_other(tenants, module_gateway: Gateway):
    for has, asks in itertools.permutations(tenants):
        with asks.key.stream("GET", "/api/events", params={"after": 0}) as answer:
            lines = (line for line in answer.iter_lines() if line.startswith("data: "))
            count = module_gateway.query(
                "SELECT seq FROM event_counters WHERE workspace_id = %(w)s",
                w=asks.key.get("/api/me").json()["workspace"]["id"],
            )[0]["seq"]
            said = "".join(itertools.islice(lines, count))
        assert asks.ids["task"] in said
        assert not [value for name, value in has.ids.items() if name != "platform" and value in said]
