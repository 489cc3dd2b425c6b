"""When was a key last used? Recorded in memory with each request, and written in batches every few seconds."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import single_statements
from shared.identity.store import keys

log = structlog.get_logger()

WRITE_S = 2.0
NOTE_S = 60.0
MOST = 10_000


class LastUse:
    """The keys that were used since the last writing; each is written at most once a minute."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._used: set[UUID] = set()
        self._noted: dict[UUID, float] = {}

    def note(self, key: UUID) -> None:
        """Record that a key was used; costs nothing but memory."""
        if key not in self._noted and len(self._noted) < MOST:
            self._noted[key] = time.monotonic()
            self._used.add(key)

    async def run(self) -> None:
        """Write every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_S)
            await self._write()
            oldest = time.monotonic() - NOTE_S
            self._noted = {key: at for key, at in self._noted.items() if at > oldest}

    async def _write(self) -> None:
        used, self._used = self._used, set()
        if not used:
            return
        try:
            async with single_statements(self._engine).connect() as connection:
                await keys.note_use(connection, sorted(used))
        except (SQLAlchemyError, OSError) as error:
            log.warning("keys.use_not_noted", error=repr(error)[:200])  # the next use records it again
