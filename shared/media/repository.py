"""How are uploads stored, and how much room do they take?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Media
from shared.db.rows import columns_of, row_of, row_or_none, rows_of


@dataclass(frozen=True, slots=True)
class MediaRow:
    """An upload."""

    id: UUID
    media_type: str
    size: int
    sha256: str
    added_by: str
    created_at: datetime


_OWN = columns_of(Media, MediaRow)

_ALONE = text("SELECT pg_advisory_xact_lock(1835361385, hashtext(:workspace))")


async def used_bytes(connection: AsyncConnection, workspace: UUID, *, alone: bool = False) -> int:
    """Return how many bytes the workspace's uploads take; `alone` locks others who ask so until the transaction ends."""
    if alone:
        await connection.execute(_ALONE, {"workspace": str(workspace)})
    query = select(func.coalesce(func.sum(Media.size), 0)).where(Media.workspace_id == workspace)
    return int((await connection.execute(query)).scalar_one())


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> MediaRow:
    """Store an upload; return it."""
    return row_of(MediaRow, await connection.execute(insert(Media).values(**row).returning(*_OWN)))


async def find(connection: AsyncConnection, media: UUID) -> MediaRow | None:
    """Return one upload."""
    return row_or_none(MediaRow, await connection.execute(select(*_OWN).where(Media.id == media)))


async def page(connection: AsyncConnection, *, before: UUID | None, limit: int) -> list[MediaRow]:
    """Return uploads before an id, newest first."""
    query = select(*_OWN)
    if before is not None:
        query = query.where(Media.id < before)
    return rows_of(MediaRow, await connection.execute(query.order_by(Media.id.desc()).limit(limit)))


async def remove(connection: AsyncConnection, media: UUID) -> None:
    """Remove an upload."""
    await connection.execute(delete(Media).where(Media.id == media))
