"""Is a joined host that turns bad out within a second, whatever it does meanwhile?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import websockets
from redis.asyncio import Redis

from shared.door import State, write
from shared.errors import CallsheetError
from shared.hosts.relay import DoorClient
from tests.integration.api.test_host_door import Joined, call
from tests.support.gateway import Gateway, serve_apart

WITHIN_S = 2.0  # a second, and one more for a busy machine
LONG = {"a": "x" * 900_000}


@pytest.fixture(scope="module")
def gateway(module_database, tmp_path_factory) -> Iterator[Gateway]:
    """A gateway in a process of its own, so that what the attacker does keeps this process busy and not that one."""
    with serve_apart(module_database, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@asynccontextmanager
async def floods(_gateway: Gateway, _host: Joined, socket: Any, _connection: int) -> AsyncIterator[None]:
    """It says how it is, over and over, as fast as it is heard."""

    async def say() -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await socket.send(write(State("x" * 200, 1_900_000_000.0)))

    saying = [asyncio.create_task(say()) for _ in range(4)]
    yield
    for task in saying:
        task.cancel()


@asynccontextmanager
async def is_deaf(gateway: Gateway, host: Joined, socket: Any, connection: int) -> AsyncIterator[None]:
    """It reads nothing of what it is asked, until the gateway can send no more."""
    socket.transport.pause_reading()
    door = DoorClient(gateway.settings.redis_url)
    asked = [asyncio.create_task(door.call(host.id, replace(call(connection, within=60.0), given=LONG))) for _ in range(24)]
    await _until(lambda: _all_said(door, len(asked)), seconds=20)
    yield
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await door.close()


async def _all_said(door: DoorClient, calls: int) -> bool:
    return len(door._waiting) == calls


async def _until(there: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await there():  # noqa: ASYNC110 - it waits for another process
            await asyncio.sleep(0.01)


Misbehaves = Callable[[Gateway, Joined, Any, int], AbstractAsyncContextManager[None]]


@pytest.mark.parametrize("misbehaves", [floods, is_deaf])
async def test_a_host_that_is_revoked_while_it_misbehaves_is_out_within_a_second(gateway: Gateway, misbehaves: Misbehaves):
    host, door = (
        await asyncio.to_thread(Joined, gateway, f"host-{misbehaves.__name__.replace('_', '-')}"),
        DoorClient(gateway.settings.redis_url),
    )

    async def is_out() -> bool:
        async with Redis.from_url(gateway.settings.redis_url) as redis:
            [(_, listening)] = await redis.pubsub_numsub(f"door.calls.{host.id}")
        return listening == 0 and await door.present(host.id) is None

    async with host.socket() as (socket, connection), misbehaves(gateway, host, socket, connection):
        said = await asyncio.to_thread(gateway.post, f"/api/hosts/{host.id}/revoke")
        await _until(is_out, seconds=WITHIN_S)
        assert said.status_code == 200, said.text
        with pytest.raises(CallsheetError) as refused:
            await door.call(host.id, call(connection))
        assert refused.value.code == "host_away"
        socket.transport.abort()

    with pytest.raises(websockets.InvalidStatus) as turned_away:
        async with host.socket():
            pass
    assert turned_away.value.response.status_code == 401
    path = "/api/hosts/door/files/00000000-0000-0000-0000-000000000009"
    sent = await asyncio.to_thread(
        lambda: httpx.put(gateway.url + path, content=b"x", headers=host.headers, trust_env=False)
    )
    assert sent.status_code == 401
    await door.close()


async def test_what_a_revoked_host_is_sending_is_cut_off_within_a_second(gateway: Gateway):
    """A file that never ends would go on for as long as the host likes."""
    host = await asyncio.to_thread(Joined, gateway, "studio-pc")
    folder = gateway.settings.home / "door" / str(host.id)

    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000
            await asyncio.sleep(0.02)

    async def is_begun() -> bool:
        return folder.is_dir() and any(folder.iterdir())

    async with httpx.AsyncClient(base_url=gateway.url, timeout=30, trust_env=False) as client:
        path = "/api/hosts/door/files/00000000-0000-0000-0000-000000000001"
        sending = asyncio.create_task(client.put(path, content=drip(), headers=host.headers))
        await _until(is_begun, seconds=10)
        await asyncio.to_thread(gateway.post, f"/api/hosts/{host.id}/revoke")

        done, _ = await asyncio.wait([sending], timeout=WITHIN_S)
        sending.cancel()

    assert done == {sending}
    assert isinstance(sending.exception(), httpx.TransportError) or sending.result().status_code == 401
    assert list(folder.iterdir()) == []
