"""Does a link do what is asked of it? Each strike against a server that answers what it got."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from tests.chaos.proxy import Link, Links, Strike
from tests.support.stack import wait_for


class Echo(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.got: list[bytes] = []

    def handle_error(self, request, client_address) -> None:
        """A connection that was cut is what these tests are about."""


class Answering(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(1000):
            self.server.got.append(data)
            self.request.sendall(data)


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def link(echo: Echo) -> Iterator[Link]:
    links = Links()
    yield links.add("to echo", echo.server_address[1])
    links.close()


def call(link: Link, words: bytes, *, seconds: float = 5) -> bytes:
    with socket.create_connection(("127.0.0.1", link.port), timeout=seconds) as client:
        client.sendall(words)
        return client.recv(1000)


def arm(link: Link, strike: Strike, connections: int | None = None):
    armed = link.arm(strike, connections)
    wait_for("it is armed", lambda: link._armed is armed, every=0.001)
    return armed


def test_what_comes_passes_both_ways(link: Link, echo: Echo):
    assert call(link, b"hello") == b"hello"


def test_a_reset_comes_before_the_request(link: Link, echo: Echo):
    arm(link, "reset")

    with pytest.raises(ConnectionResetError):
        call(link, b"hello")
    assert echo.got == []


def test_a_half_open_link_swallows_what_is_said_and_is_cut_when_it_heals(link: Link, echo: Echo):
    armed = arm(link, "swallow")
    with socket.create_connection(("127.0.0.1", link.port), timeout=0.3) as client:
        client.sendall(b"hello")
        with pytest.raises(TimeoutError):
            client.recv(1000)
        link.heal(armed)
        client.settimeout(5)
        with pytest.raises(ConnectionResetError):
            client.recv(1000)

    assert echo.got == []
    assert call(link, b"again") == b"again"


def test_a_held_reply_is_cut_after_the_request_arrived(link: Link, echo: Echo):
    arm(link, "hold_reply")

    with pytest.raises(ConnectionResetError):
        call(link, b"hello")
    assert echo.got == [b"hello"]


def test_a_delayed_link_loses_nothing(link: Link, echo: Echo):
    arm(link, "delay")

    assert call(link, b"hello") == b"hello"


def test_a_strike_takes_as_many_connections_as_it_may(link: Link, echo: Echo):
    armed = arm(link, "reset", connections=1)

    with pytest.raises(ConnectionResetError):
        call(link, b"first")
    assert call(link, b"second") == b"second"
    link.heal(armed)
    assert link.struck == 1
