"""Does a gateway that nobody asks leave its process asleep, and do its answers know the time all the same?"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from api import serving
from shared.settings import Settings


@asynccontextmanager
async def served() -> AsyncIterator[tuple[serving.Server, httpx.AsyncClient]]:
    """A server without a route; told to stop at the end, and waited for."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = serving.Server(serving.serving(FastAPI(lifespan=None), Settings()))
        running = asyncio.create_task(server._serve([listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, headers={"Connection": "close"}, trust_env=False) as http:
            yield server, http
        server.handle_exit(signal.SIGTERM, None)
        async with asyncio.timeout(10):
            await running


async def test_while_nobody_asks_nothing_is_timed():
    async with served() as (_, http):
        await http.get("/")
        timers = asyncio.get_running_loop()._scheduled
        assert [timer for timer in timers if not timer.cancelled()] == []


async def test_every_answer_has_the_time_of_its_own_request(monkeypatch: pytest.MonkeyPatch):
    async with served() as (_, http):
        for now, said in (
            (1_000_000_000, "Sun, 09 Sep 2001 01:46:40 GMT"),
            (1_000_000_001, "Sun, 09 Sep 2001 01:46:41 GMT"),
        ):
            monkeypatch.setattr(serving.time, "time", lambda now=now: now)
            assert (await http.get("/")).headers["Date"] == said


async def test_told_to_stop_before_it_serves_it_ends():
    server = serving.Server(serving.serving(FastAPI(), Settings(port=1)))
    server.handle_exit(signal.SIGTERM, None)
    async with asyncio.timeout(10):
        await server.main_loop()
