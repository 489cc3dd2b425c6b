"""How does one connection to PostgreSQL feed every open event stream, without a gap?

A hint wakes all streams; each then reads what is newer than what it has sent. The numbers follow the order of commits,
so nothing can appear before what was sent already. A stream that gets no hint reads again at every keep-alive.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.errors import RequestRefused
from shared.events import Event
from shared.tasks.follow import News

log = structlog.get_logger()

KEEP_ALIVE_S = 15.0
KEEP_ALIVE = b": still here\n\n"


class Hub:
    """Wakes the streams."""

    def __init__(self) -> None:
        self._heard = asyncio.Event()
        self.closing = False

    def wake(self) -> None:
        """Wake every stream to read again; each wait that began before ends."""
        heard, self._heard = self._heard, asyncio.Event()
        heard.set()

    def close(self) -> None:
        """End every stream, so that the process can stop."""
        self.closing = True
        self.wake()

    def next(self) -> asyncio.Event:
        """Return the event that is set at the next hint. Take it before reading, so that no hint is missed."""
        return self._heard


@dataclass(frozen=True, slots=True)
class Stream:
    """One client's stream. `read` returns what is newer than a number."""

    hub: Hub
    read: Callable[[int | None], Coroutine[Any, Any, News]]
    longest_s: float

    async def begin(self, after: int | None) -> int:
        """Return the number after which the stream begins: `after`, or else the newest. Call it before accepting the client.

        What is committed after that is sent, however long the first read takes.
        """
        return after if after is not None else (await self.read(None)).seq

    async def run(self, after: int) -> AsyncIterator[bytes]:
        """Yield frames of a `text/event-stream`, until its time is over or the process stops."""
        yield b"retry: 1000\n\n"
        async for events in self.batches(after):
            yield b"".join(frame(event) for event in events) if events else KEEP_ALIVE

    async def batches(self, after: int) -> AsyncIterator[list[Event]]:
        """Yield events as they come, in batches; an empty batch where nothing has happened for a while."""
        ends = time.monotonic() + self.longest_s
        while not self.hub.closing:
            heard = self.hub.next()
            try:
                news = await self.read(after)
            except (SQLAlchemyError, OSError) as error:
                log.warning("stream.broken", error=repr(error)[:300])  # the client comes back and misses nothing
                return
            except RequestRefused as error:
                log.info("stream.refused", code=error.code)  # the credentials are no longer valid
                return
            after = news.seq
            if news.events:
                yield news.events
            if news.more:
                continue
            wait_s = min(KEEP_ALIVE_S, ends - time.monotonic())
            if wait_s <= 0:
                return
            try:
                await asyncio.wait_for(heard.wait(), wait_s)
            except TimeoutError:
                yield []


def frame(event: Event) -> bytes:
    """Return one event as a frame; its `id` is what a client sends back as `Last-Event-ID`."""
    return f"id: {event.seq}\nevent: {event.type}\ndata: {event.model_dump_json()}\n\n".encode()
