"""Does a host say how it is, dial again, and end where it is shut out?"""

from __future__ import annotations

import asyncio

import pytest

from host.connection import ShutOut
from tests.support.door import stand_in
from tests.support.host_program import running


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
