"""How does the dispatcher wait without polling? It listens for a hint, and never longer than it is told."""

from __future__ import annotations

import asyncio

import psycopg
import structlog

from shared.db.events import DUE_CHANNEL
from shared.db.wire import READ_S, readable
from shared.settings import Settings

log = structlog.get_logger()


class Hint:
    """One LISTEN connection. Losing it loses hints only: each wait ends by itself."""

    def __init__(self, settings: Settings) -> None:
        self._address = settings.database_url_for("dispatcher").replace("postgresql+psycopg://", "postgresql://", 1)
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None

    async def wait(self, longest_s: float) -> bool:
        """Wait for a hint, at most `longest_s` seconds; return whether one came."""
        if longest_s <= 0:
            return False
        try:
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._address, autocommit=True, connect_timeout=5, application_name="callsheet-hint"
                )
                await self._connection.execute(f"LISTEN {DUE_CHANNEL}")
                return True  # what was due before the listening began must not wait for the next hint
            if await readable(self._connection, longest_s):
                async for _ in self._connection.notifies(timeout=READ_S, stop_after=1):
                    return True
        except (psycopg.Error, OSError):
            await self.close()
            await asyncio.sleep(min(longest_s, 0.5))
        return False

    async def close(self) -> None:
        """Stop listening."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
