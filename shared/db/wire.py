"""How are other processes told of a change? By NOTIFY, sent on its own after the commit.

A lost hint costs time only: dispatchers look every half second anyway, and streams look again at every keep-alive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.events import EVENTS_CHANNEL, notify_all
from shared.db.session import single_statements
from shared.settings import Role, Settings

log = structlog.get_logger()

RECONNECT_S = 0.5
READ_S = 0.05  # time for reading what has arrived; input other than a notification is not waited for


async def readable(connection: psycopg.AsyncConnection[Any], longest_s: float | None = None) -> bool:
    """Wait until the server has sent something, at most `longest_s` seconds; return whether it has.

    psycopg's own wait for notifications looks ten times a second: in three processes that only listen, a fifth of all that a
    sleeping system cost (measured: 1.5 % of a core with it, 1.2 % without).
    """
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()
    descriptor = connection.fileno()
    loop.add_reader(descriptor, arrived.set)
    try:
        await asyncio.wait_for(arrived.wait(), longest_s)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
    return True


class Notifier:
    """Sends one NOTIFY for all commits since the last one, beside the requests that committed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._single = single_statements(engine)
        self._wanted = asyncio.Event()

    def hint(self) -> None:
        """Request a NOTIFY soon; never waits."""
        self._wanted.set()

    async def run(self) -> None:
        """Send hints until cancelled; hints that were requested before are still sent."""
        try:
            while True:
                await self._wanted.wait()
                await self._send()
        finally:
            if self._wanted.is_set():
                await self._send()

    async def _send(self) -> None:
        self._wanted.clear()
        try:
            async with self._single.connect() as connection:
                await notify_all(connection)
        except (SQLAlchemyError, OSError) as error:
            log.warning("hint.not_sent", error=repr(error)[:300])


class Listener:
    """One LISTEN connection for the process; calls `heard` at each hint, and after each gap in the listening."""

    def __init__(self, settings: Settings, role: Role, heard: Callable[[], None]) -> None:
        self._address = settings.database_url_for(role).replace("postgresql+psycopg://", "postgresql://", 1)
        self._heard = heard

    async def run(self) -> None:
        """Listen until cancelled, and connect again whenever the connection is lost."""
        while True:
            with suppress(psycopg.Error, OSError):
                await self._listen()
            log.warning("listener.lost")
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, connect_timeout=5, application_name="callsheet-events"
        ) as connection:
            await connection.execute(f"LISTEN {EVENTS_CHANNEL}")
            self._heard()  # what was committed before the listening began
            while True:
                await readable(connection)
                async for _ in connection.notifies(timeout=READ_S, stop_after=1):
                    self._heard()
