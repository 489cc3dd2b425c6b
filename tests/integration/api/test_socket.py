"""Does a WebSocket say what the event stream says, to whom may hear it, and to nobody else?"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.gateway import Gateway, new_workspace


def opened(gateway: Gateway, query: str = "", key: str | None = None, **more: Any) -> ClientConnection:
    headers = {"Authorization": f"Bearer {key or gateway.api_key}"}
    return connect(f"ws{gateway.url.removeprefix('http')}/api/ws{query}", additional_headers=headers, **more)


def bare(gateway: Gateway, query: str = "", **more: Any) -> ClientConnection:
    return connect(f"ws{gateway.url.removeprefix('http')}/api/ws{query}", **more)


def closing(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=15)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def test_a_socket_says_what_the_stream_says(gateway: Gateway):
    for _ in range(3):
        gateway.submit()
    streamed = [event for _, event in zip(range(3), gateway.events(after=0), strict=False)]
    with opened(gateway, "?after=0") as socket:
        assert [json.loads(socket.recv(timeout=10)) for _ in range(3)] == streamed
        later = gateway.submit()
        assert json.loads(socket.recv(timeout=10))["subject"] == later["id"]


def test_who_comes_back_with_the_last_number_misses_nothing(gateway: Gateway):
    seen: list[int] = []
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(gateway.submit) for _ in range(60)]
        while len(seen) < 60:
            with opened(gateway, f"?after={seen[-1] if seen else 0}") as socket:
                seen += [json.loads(socket.recv(timeout=10))["seq"] for _ in range(min(13, 60 - len(seen)))]
                socket.socket.close()  # cut off, in the middle of things
        assert all(one.result() for one in writing)
    assert seen == list(range(1, 61))


def test_types_are_chosen_in_the_address(gateway: Gateway):
    task = gateway.submit()
    gateway.http.delete(f"/api/scheduler/task/{task['id']}")
    with opened(gateway, "?after=0&types=task.cancelled&types=task.failed") as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "task.cancelled"


def test_a_browser_says_its_key_in_the_first_message(module_gateway: Gateway):
    task = module_gateway.submit()
    with bare(module_gateway, "?after=0", origin=module_gateway.url) as socket:
        socket.send(json.dumps({"authorization": f"Bearer {module_gateway.api_key}"}))
        while json.loads(socket.recv(timeout=10))["subject"] != task["id"]:
            pass


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
def test_a_page_of_another_host_is_not_let_in(module_gateway: Gateway, origin: str):
    with pytest.raises(InvalidStatus) as refused, opened(module_gateway, origin=origin):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (json.dumps({"authorization": "Bearer csk_wrong"}), 4401),
        (json.dumps({"authorization": ""}), 4401),
        (json.dumps({"key": "x"}), 4422),
        ("no json", 4422),
        (b"bytes", 4422),
        ("x" * 5000, 1009),
    ],
)
def test_a_wrong_first_message_ends_it(module_gateway: Gateway, first: str | bytes, code: int):
    with bare(module_gateway) as socket:
        socket.send(first)
        assert closing(socket)[0] == code


def test_a_wrong_key_ends_it_and_so_does_one_that_may_not_read(module_gateway: Gateway):
    with opened(module_gateway, key="csk_wrong") as socket:
        assert closing(socket)[0] == 4401
    with opened(module_gateway, key=new_workspace(module_gateway.settings, "other", ("submit",))) as socket:
        assert closing(socket)[0] == 4403


@pytest.mark.parametrize(
    ("query", "field"), [("?after=-1", "after"), ("?after=x", "after"), ("?types=task.nothing", "types"), ("?x=1", "x")]
)
def test_a_wrong_address_is_named(module_gateway: Gateway, query: str, field: str):
    with opened(module_gateway, query) as socket:
        code, reason = closing(socket)
    assert (code, reason.startswith(field), "Value error" in reason) == (4422, True, False), reason


def test_who_says_nothing_is_not_waited_for(module_gateway: Gateway, monkeypatch):
    monkeypatch.setattr("api.routers.events_socket.HELLO_S", 0.05)
    with bare(module_gateway) as socket:
        assert closing(socket)[0] == 4408


def test_who_goes_on_talking_is_cut_off(module_gateway: Gateway):
    with opened(module_gateway) as socket:
        socket.send("hello?")
        assert closing(socket)[0] == 1008


def test_another_workspaces_events_are_not_seen(module_gateway: Gateway):
    key = new_workspace(module_gateway.settings, "theirs", ("read", "submit"))
    module_gateway.submit()
    theirs = module_gateway.with_key(key)
    own = theirs.post("/api/scheduler/task", json={"type": "probe", "payload": {"lane": "system"}}).json()
    with opened(module_gateway, "?after=0", key=key) as socket:
        event = json.loads(socket.recv(timeout=10))
    assert (event["seq"], event["subject"]) == (1, own["id"])


def test_a_number_beyond_the_newest_event_closes_the_socket_with_the_newest(gateway: Gateway):
    gateway.submit()
    with opened(gateway, "?after=99999999") as socket:
        code, reason = closing(socket)
    assert code == 4410
    assert reason.startswith("There is no event 99999999 yet; the newest is ")
