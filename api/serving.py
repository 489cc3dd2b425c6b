"""How is the gateway served? With bounds on the number of connections and on the time a request's head may take.

While nobody connects, nothing of it wakes.
"""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.door import MOST_BYTES
from shared.settings import Settings

KEEP_ALIVE_S = 30
STOPS_WITHIN_S = 2


def serving(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Return uvicorn's configuration for this app."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=bounded(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        # No proxy is trusted unless named: uvicorn would trust every process of this machine.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=STOPS_WITHIN_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        ws_max_size=MOST_BYTES,  # a host's frame; other sockets bound themselves,
    )


def bounded(settings: Settings) -> type[HttpToolsProtocol]:
    """Return the class of connections within these settings' bounds; uvicorn makes one of it for each connection."""
    bounds = {"most": settings.max_connections, "head_s": settings.header_s}
    return type("BoundedHttp", (_Bounded,), bounds)


class Server(uvicorn.Server):
    """Waits to be told to stop, instead of looking ten times a second whether it was: 0.2 % of a core while nobody asks."""

    _loop: asyncio.AbstractEventLoop | None = None
    _told: asyncio.Event

    async def main_loop(self) -> None:
        """Serve until told to stop."""
        self._told, self._loop = asyncio.Event(), asyncio.get_running_loop()
        if not await self.on_tick(0):  # once: it sets the headers of every answer
            await self._told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take SIGTERM or SIGINT: as uvicorn does, and have the loop hear of it."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)


class _Bounded(HttpToolsProtocol):
    """A connection that ends when its request's head does not come in time, or when there are too many others.

    uvicorn itself waits for ever for the rest of a head.
    """

    most: int
    head_s: float
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn itself
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_has_come()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:  # a further request of a connection that is kept
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_has_come()
        self._date()
        super().on_headers_complete()

    def _date(self) -> None:
        """Say what time it is, where uvicorn does so by a clock of its own."""
        headers = self.server_state.default_headers
        others = [(name, value) for name, value in headers if name != b"date"]
        if len(others) < len(headers):
            self.server_state.default_headers = [(b"date", formatdate(time.time(), usegmt=True).encode()), *others]

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_s, self._too_slow)

    def _head_has_come(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()
