"""Does a host say how it is, dial again, and end where it is shut out?"""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from host import connection
from host.connection import ShutOut
from tests.support.door import Asking, stand_in
from tests.support.door_line import DoorLine
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


async def test_a_line_that_goes_dead_without_a_word_is_noticed_and_dialled_again(tmp_path, monkeypatch):
    assert connection.PING_S + connection.PONG_S < 15
    monkeypatch.setattr(connection, "PING_S", 0.2)
    monkeypatch.setattr(connection, "PONG_S", 1.5)
    monkeypatch.setattr(connection, "CLOSE_S", 0.1)
    relay = DoorLine()
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
