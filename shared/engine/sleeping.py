"""Does the system sleep now? For callers without a transaction."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import single_statements
from shared.engine.store import sleep


async def is_asleep(engine: AsyncEngine) -> bool:
    """Return whether the system sleeps."""
    async with single_statements(engine).connect() as connection:
        return await sleep.is_asleep(connection)
