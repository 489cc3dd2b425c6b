"""Is what connects bounded: streams and sockets for each caller and in all, connections, and slow heads?"""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.gateway import Gateway, new_workspace, serve
from tests.support.stack import wait_for


def opened(gateway: Gateway, key: str | None = None) -> ClientConnection:
    headers = {"Authorization": f"Bearer {key or gateway.api_key}"}
    return connect(f"ws{gateway.url.removeprefix('http')}/api/ws", additional_headers=headers)


def refused(http: httpx.Client) -> httpx.Response:
    """A stream that is not let in; one that is would go on."""
    with http.stream("GET", "/api/events") as answer:
        answer.read()
    return answer


def is_free(http: httpx.Client) -> bool:
    with http.stream("GET", "/api/events") as answer:
        return answer.status_code == 200


def test_one_caller_has_so_many_streams_and_sockets_and_others_go_on(database):
    with serve(database.model_copy(update={"max_streams_each": 3})) as gateway, ExitStack() as held:
        other = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read",)))
        streams = [held.enter_context(gateway.http.stream("GET", "/api/events")) for _ in range(2)]
        held.enter_context(opened(gateway))
        answer = refused(gateway.http)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
        assert int(answer.headers["Retry-After"]) > 0
        with opened(gateway) as one_more, pytest.raises(ConnectionClosed) as closed:
            one_more.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4429
        assert is_free(other)
        streams[0].close()
        wait_for("the place is free again", lambda: is_free(gateway.http), seconds=5, every=0.05)


def test_all_together_have_so_many(database):
    with serve(database.model_copy(update={"max_streams": 4})) as gateway, ExitStack() as held:
        keys = [new_workspace(gateway.settings, name, ("read",)) for name in "abcde"]
        for key in keys[:4]:
            held.enter_context(gateway.with_key(key).stream("GET", "/api/events"))
        assert refused(gateway.with_key(keys[4])).status_code == 429


def test_a_stream_that_is_refused_or_fails_takes_no_place(database):
    with serve(database.model_copy(update={"max_streams_each": 2})) as gateway:
        unable = gateway.with_key(new_workspace(gateway.settings, "theirs", ("submit",)))
        for _ in range(5):
            assert unable.get("/api/events").status_code == 403
            with gateway.http.stream("GET", "/api/events?types=task.nothing") as answer:
                assert answer.status_code == 422
        assert is_free(gateway.http)


def test_who_says_nothing_on_a_socket_takes_a_place_of_their_address(database):
    with serve(database.model_copy(update={"max_streams_each": 2})) as gateway, ExitStack() as held:
        url = f"ws{gateway.url.removeprefix('http')}/api/ws"
        for _ in range(2):
            held.enter_context(connect(url))
        with pytest.raises(InvalidStatus):
            held.enter_context(connect(url))


@pytest.mark.parametrize("begun", [b"", b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"GET"])
def test_a_head_that_does_not_come_ends_the_connection(database, begun: bytes):
    with (
        serve(database.model_copy(update={"header_s": 0.3})) as gateway,
        socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=10) as line,
    ):
        line.sendall(begun)
        with suppress(ConnectionResetError):
            assert line.recv(100) == b""
        assert gateway.http.get("/livez").status_code == 200


def test_a_connection_that_is_kept_has_as_long_for_its_next_head(database):
    with (
        serve(database.model_copy(update={"header_s": 0.3})) as gateway,
        socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=10) as line,
    ):
        line.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 200")
        line.sendall(b"GET /livez HTTP/1.1\r\nHost: ")
        with suppress(ConnectionResetError):
            assert line.recv(4096) == b""


def test_there_are_so_many_connections_and_no_more(database):
    with serve(database.model_copy(update={"max_connections": 10})) as gateway, ExitStack() as held:
        address = ("127.0.0.1", gateway.settings.port)
        lines = [held.enter_context(socket.create_connection(address, timeout=10)) for _ in range(14)]

        def ended() -> int:
            over = 0
            for line in lines:
                line.settimeout(0)
                try:
                    over += line.recv(1) == b""
                except BlockingIOError:
                    continue
                except ConnectionResetError:
                    over += 1
            return over

        wait_for("those beyond are ended", lambda: ended() >= 4, seconds=5, every=0.05)
