"""What is the shared time of all processes? PostgreSQL's clock decides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def now(connection: AsyncConnection) -> datetime:
    """Return the instant, on PostgreSQL's clock."""
    instant: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return instant
