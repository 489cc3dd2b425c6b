"""Keys for programs: who may make which, and when do they end? And tickets, which let one socket in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from shared.identity import keys as key_bounds
from tests.support.gateway import Gateway, new_workspace
from tests.support.people import signed_in
from tests.support.stack import wait_for

ALL = ["read", "submit", "approve", "manage"]


def test_a_key_is_shown_once_and_works_until_it_is_revoked(gateway: Gateway):
    made = gateway.post("/api/keys", {"name": "planner", "scopes": ["submit", "read"]}).json()
    listed = gateway.http.get("/api/keys").json()["items"]
    assert listed[0] == {name: value for name, value in made.items() if name != "key"}
    assert made["scopes"] == ["read", "submit"]
    assert made["created_by"] == "local owner"
    client = gateway.with_key(made["key"])
    assert client.get("/api/me").json()["key"]["name"] == "planner"
    assert client.get("/api/keys").status_code == 403
    assert gateway.http.delete(f"/api/keys/{made['id']}").status_code == 200
    assert client.get("/api/me").status_code == 401
    assert gateway.http.delete(f"/api/keys/{made['id']}").status_code == 404
    types = [row["type"] for row in gateway.query("SELECT type FROM task_events ORDER BY seq")]
    assert types == ["key.created", "key.revoked"]


def test_nobody_gives_what_they_do_not_have(gateway: Gateway):
    limited = gateway.with_key(new_workspace(gateway.settings, "other", ("read", "manage")))
    refused = limited.post("/api/keys", json={"name": "more", "scopes": ALL})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert limited.post("/api/keys", json={"name": "less", "scopes": ["read"]}).status_code == 201


def test_a_key_that_ends_makes_none_that_goes_on(gateway: Gateway):
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"name": "short", "scopes": ["read", "manage"], "expires_at": ends}
    short = gateway.with_key(gateway.post("/api/keys", body).json()["key"])
    for later in (None, (datetime.now(UTC) + timedelta(days=1)).isoformat()):
        answer = short.post("/api/keys", json={"name": "long", "scopes": ["read"], "expires_at": later})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "expires_at"), answer.text
    assert short.post("/api/keys", json={"name": "as long", "scopes": ["read"], "expires_at": ends}).status_code == 201


def test_a_key_that_expires_ends_by_itself(gateway: Gateway):
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    made = gateway.post("/api/keys", {"name": "short", "scopes": ["read"], "expires_at": soon}).json()
    client = gateway.with_key(made["key"])
    assert client.get("/api/me").status_code == 200
    gateway.query("UPDATE api_keys SET expires_at = clock_timestamp() WHERE name = 'short'")
    assert client.get("/api/me").status_code == 401
    assert [one["name"] for one in gateway.http.get("/api/keys").json()["items"]] == ["local owner"]
    past = gateway.post("/api/keys", {"name": "past", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"})
    assert past.json()["code"] == "expired"


def test_the_last_use_is_noted_within_seconds_and_once_a_minute(gateway: Gateway):
    def used():
        return gateway.query("SELECT used_at FROM api_keys")[0]["used_at"]

    assert gateway.http.get("/api/me").status_code == 200
    first = wait_for("the use is noted", used)
    for _ in range(3):
        gateway.http.get("/api/me")
    gateway.query("SELECT note_key_use(ARRAY(SELECT id FROM api_keys))")
    assert used() == first
    gateway.query("UPDATE api_keys SET used_at = used_at - interval '61 seconds'")
    gateway.query("SELECT note_key_use(ARRAY(SELECT id FROM api_keys))")
    assert used() > first


def test_a_workspace_has_so_many_keys_at_most(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(key_bounds, "MOST_KEYS", 2)
    assert gateway.post("/api/keys", {"name": "second", "scopes": ["read"]}).status_code == 201
    assert gateway.post("/api/keys", {"name": "third", "scopes": ["read"]}).json()["code"] == "too_many"


def socket_with(gateway: Gateway, ticket: str):
    return connect(f"ws{gateway.url.removeprefix('http')}/api/ws?after=0&ticket={ticket}", origin=gateway.url)


def code_of(gateway: Gateway, ticket: str) -> int:
    with socket_with(gateway, ticket) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


@pytest.mark.parametrize("who", ["key", "person"])
def test_a_ticket_lets_one_socket_in_and_no_second(gateway: Gateway, who: str):
    http = gateway.http if who == "key" else signed_in(gateway, "mara@example.org", "local", "viewer").http
    task = gateway.submit()
    ticket = http.post("/api/auth/ticket").json()["ticket"]
    with socket_with(gateway, ticket) as socket:
        assert json.loads(socket.recv(timeout=10))["subject"] == task["id"]
    assert code_of(gateway, ticket) == 4401


def test_a_ticket_of_yesterday_or_of_somebody_who_is_out_is_none(gateway: Gateway):
    old = gateway.post("/api/auth/ticket").json()["ticket"]
    gateway.query("UPDATE tickets SET expires_at = clock_timestamp()")
    assert code_of(gateway, old) == 4401
    mara = signed_in(gateway, "mara@example.org", "local")
    ticket = mara.http.post("/api/auth/ticket").json()["ticket"]
    mara.http.post("/api/auth/logout")
    assert code_of(gateway, ticket) == 4401
    assert code_of(gateway, "cst_nonsense") == 4401
