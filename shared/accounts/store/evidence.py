"""Where is the evidence of changed pages stored?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Evidence

_FORGET = text(
    """
    DELETE FROM evidence WHERE attempt_id IN (
        SELECT attempt_id FROM evidence
        WHERE kept_at < (SELECT clock_timestamp()) - make_interval(days => :days) LIMIT :limit)
    """
)


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Record where an attempt's evidence lies; an attempt that stores evidence twice has one folder."""
    await connection.execute(insert(Evidence).values(**row).on_conflict_do_nothing())


async def forget_old(connection: AsyncConnection, days: int, limit: int) -> int:
    """Forget what was stored more than `days` days ago, at most `limit`; return how many."""
    return (await connection.execute(_FORGET, {"days": days, "limit": limit})).rowcount
