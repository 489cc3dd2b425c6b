"""Do practice sites that nobody asks leave their process asleep?"""

from __future__ import annotations

import asyncio
import signal
import socket

import httpx
import uvicorn
from starlette.applications import Starlette

from sandbox.__main__ import Server
from sandbox.site import Held
from sandbox.truth import TruthLog


class Staying(Server):
    """Ends as uvicorn does, not by ending this process."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await uvicorn.Server.shutdown(self, sockets)


async def test_while_nobody_asks_nothing_is_timed(tmp_path):
    config = uvicorn.Config(Starlette(), lifespan="off")
    server = Staying(config, TruthLog(tmp_path / "truth.jsonl"), Held())
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        running = asyncio.create_task(server._serve([listening]))
        async with httpx.AsyncClient(headers={"Connection": "close"}, trust_env=False) as http:
            await http.get(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        timers = asyncio.get_running_loop()._scheduled
        assert [timer for timer in timers if not timer.cancelled()] == []
        server.handle_exit(signal.SIGTERM, None)
        async with asyncio.timeout(10):
            await running
