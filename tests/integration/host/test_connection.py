"""Does a host say how it is, dial again, and end where it is shut out?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from host import connection
from host.connection import ShutOut
from tests.support.door import Asking, StandIn, stand_in
from tests.support.host_program import running
from tests.support.stack import wait_for


async def test_a_revoked_host_ends_and_does_not_dial_again(tmp_path):
    async with stand_in() as gateway, running(tmp_path, gateway) as house:
        peer = await gateway.connected()
        gateway.good = False
        await peer.socket.close(4401)
        with pytest.raises(ShutOut):
            await asyncio.wait_for(house.running, 20)
        assert gateway.tries == 2


async def test_a_host_says_how_it_is_and_that_it_is_there(tmp_path):
    async with stand_in() as gateway, running(tmp_path, gateway):
        peer = await gateway.connected()
        assert list(peer.hello.transports) == ["chromium"]
        assert (await peer.next_state()).rest_reason == ""


class Relay:
    """A line to a gateway that can go dead without a word, as one whose cable is pulled."""

    def __init__(self) -> None:
        self.dead = False
        self.carrying: list[asyncio.Task[None]] = []

    async def serve(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far_in, far_out = await asyncio.open_connection("127.0.0.1", self.port)
        carried = [asyncio.create_task(self.carry(near_in, far_out)), asyncio.create_task(self.carry(far_in, near_out))]
        self.carrying += carried
        await asyncio.wait(carried)
        for way in (near_out, far_out):
            way.close()

    async def carry(self, come: asyncio.StreamReader, go: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await come.read(65536):
                if not self.dead:
                    go.write(piece)
                    await go.drain()

    @contextlib.asynccontextmanager
    async def before(self, gateway: StandIn) -> AsyncIterator[StandIn]:
        """Listen before a gateway; answers it, by the address of the line."""
        self.port = int(gateway.url.rpartition(":")[2])
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        plain, gateway.url = gateway.url, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield gateway
        finally:
            gateway.url = plain
            server.close()
            for one in self.carrying:
                one.cancel()
            await asyncio.gather(*self.carrying, return_exceptions=True)


async def test_a_line_that_goes_dead_without_a_word_is_noticed_and_dialled_again(tmp_path, monkeypatch):
    assert connection.PING_S + connection.PONG_S < 15
    monkeypatch.setattr(connection, "PING_S", 0.2)
    monkeypatch.setattr(connection, "PONG_S", 1.5)
    monkeypatch.setattr(connection, "CLOSE_S", 0.1)
    relay = Relay()
    async with stand_in() as gateway, relay.before(gateway), running(tmp_path, gateway) as house:
        peer = await gateway.connected()
        asking = Asking(peer)
        account = {"id": str(uuid4()), "platform": "instagram", "handle": "demo", "origin": "https://www.instagram.com"}
        assert (await asking.ask("take", {"transport": "chromium", "account": account})).error is None
        relay.dead = True
        await asyncio.to_thread(wait_for, "the site is left", lambda: "left" in house.browsers.done)
        relay.dead = False
        await gateway.connected(2)


async def test_a_host_whose_credential_somebody_else_uses_takes_no_turns_with_them(tmp_path, monkeypatch):
    pauses: list[int] = []
    monkeypatch.setattr(connection, "pause_after", lambda failures: pauses.append(failures) or 0.0)
    async with stand_in() as gateway, running(tmp_path, gateway):
        await (await gateway.connected()).socket.close(connection.SUPERSEDED)
        await gateway.connected(2)
        assert connection.pause_after(0) == 0.0
    assert pauses[0] > 10


async def test_a_host_that_is_not_welcomed_by_its_name_offers_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.support.door.HOST", "attic")
    async with stand_in() as gateway, running(tmp_path, gateway) as house:
        peer = await gateway.connected()
        await peer.closed.wait()
        assert house.browsers.done == []
