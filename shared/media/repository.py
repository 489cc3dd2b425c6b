"""How are uploads kept, and how much room do they take?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Media

_ALONE = text("SELECT pg_advisory_xact_lock(1835361385, hashtext(:workspace))")


async def used_bytes(connection: AsyncConnection, workspace: UUID, *, alone: bool = False) -> int:
    """How much room the workspace's uploads take; `alone` keeps others out who ask so, until the transaction ends."""
    if alone:
        await connection.execute(_ALONE, {"workspace": str(workspace)})
    query = select(func.coalesce(func.sum(Media.size), 0)).where(Media.workspace_id == workspace)
    return int((await connection.execute(query)).scalar_one())


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> Row[Any]:
    """Store an upload; answers it."""
    return (await connection.execute(insert(Media).values(**row).returning(*Media.__table__.columns))).one()


async def find(connection: AsyncConnection, media: UUID) -> Row[Any] | None:
    """One upload."""
    return (await connection.execute(select(Media.__table__).where(Media.id == media))).one_or_none()


async def page(connection: AsyncConnection, *, before: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Uploads, newest first, from before an id on."""
    query = select(Media.__table__)
    if before is not None:
        query = query.where(Media.id < before)
    return (await connection.execute(query.order_by(Media.id.desc()).limit(limit))).all()


async def remove(connection: AsyncConnection, media: UUID) -> None:
    """Forget an upload."""
    await connection.execute(delete(Media).where(Media.id == media))
