"""How are API keys kept, shown without their hash, and noted when they are used?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import ApiKey

_SHOWN: tuple[Any, ...] = (
    ApiKey.id,
    ApiKey.name,
    ApiKey.prefix,
    ApiKey.scopes,
    ApiKey.created_by,
    ApiKey.created_at,
    ApiKey.expires_at,
    ApiKey.used_at,
    ApiKey.author,
)
_IS_VALID = (ApiKey.revoked_at.is_(None), ApiKey.expires_at.is_(None) | (ApiKey.expires_at > func.clock_timestamp()))


async def find(connection: AsyncConnection, hashed: bytes) -> Row[Any] | None:
    """The valid key (id, workspace_id, name, scopes, author, made_by) with this SHA-256."""
    return (await connection.execute(text("SELECT * FROM find_api_key(:hash)"), {"hash": hashed})).one_or_none()


async def find_by_id(connection: AsyncConnection, key: UUID) -> Row[Any] | None:
    """The same by its id, for one whose ticket was taken."""
    return (await connection.execute(text("SELECT * FROM find_key_by_id(:key)"), {"key": key})).one_or_none()


async def note_use(connection: AsyncConnection, keys: Sequence[UUID]) -> None:
    """These keys were used just now; written where the last note is a minute old."""
    await connection.execute(text("SELECT note_key_use(:keys)"), {"keys": list(keys)})


async def add(connection: AsyncConnection, key: Mapping[str, Any]) -> Row[Any]:
    """Keep a new key."""
    return (await connection.execute(insert(ApiKey).values(**key).returning(*_SHOWN))).one()


async def end_of(connection: AsyncConnection, key: UUID) -> datetime | None:
    """When a key ends; None: when it is revoked."""
    return (await connection.execute(select(ApiKey.expires_at).where(ApiKey.id == key))).scalar()


async def count(connection: AsyncConnection, workspace: UUID) -> int:
    """How many valid keys the workspace has."""
    query = select(func.count(ApiKey.id)).where(ApiKey.workspace_id == workspace, *_IS_VALID)
    return int((await connection.execute(query)).scalar_one())


async def page(connection: AsyncConnection, workspace: UUID, *, before: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Valid keys, newest first."""
    query = select(*_SHOWN).where(ApiKey.workspace_id == workspace, *_IS_VALID)
    if before is not None:
        query = query.where(ApiKey.id < before)
    return (await connection.execute(query.order_by(ApiKey.id.desc()).limit(limit))).all()


async def revoke(connection: AsyncConnection, workspace: UUID, key: UUID) -> Row[Any] | None:
    """End a valid key; None where there is none."""
    statement = update(ApiKey).where(ApiKey.workspace_id == workspace, ApiKey.id == key, *_IS_VALID)
    ended = statement.values(revoked_at=func.clock_timestamp()).returning(*_SHOWN)
    return (await connection.execute(ended)).one_or_none()
