"""How are API keys stored, shown without their hash, and marked as used?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import ApiKey
from shared.db.rows import columns_of, row_of, row_or_none, rows_of
from shared.engine.rules.approval import Author


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it is shown."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_by: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    author: Author | None


@dataclass(frozen=True, slots=True)
class ValidKey:
    """A valid key's rights, and its workspace."""

    id: UUID
    workspace_id: UUID
    name: str
    scopes: list[str]
    author: Author | None
    made_by: UUID | None


_SHOWN = columns_of(ApiKey, KeyRow)
_IS_VALID = (ApiKey.revoked_at.is_(None), ApiKey.expires_at.is_(None) | (ApiKey.expires_at > func.clock_timestamp()))


async def find(connection: AsyncConnection, hashed: bytes) -> ValidKey | None:
    """Return the valid key with this SHA-256."""
    return row_or_none(ValidKey, await connection.execute(text("SELECT * FROM find_api_key(:hash)"), {"hash": hashed}))


async def find_by_id(connection: AsyncConnection, key: UUID) -> ValidKey | None:
    """Return the same by its id, for one whose ticket was taken."""
    return row_or_none(ValidKey, await connection.execute(text("SELECT * FROM find_key_by_id(:key)"), {"key": key}))


async def note_use(connection: AsyncConnection, keys: Sequence[UUID]) -> None:
    """Record that these keys were used just now; written where the last record is a minute old."""
    await connection.execute(text("SELECT note_key_use(:keys)"), {"keys": list(keys)})


async def add(connection: AsyncConnection, key: Mapping[str, Any]) -> KeyRow:
    """Store a new key."""
    return row_of(KeyRow, await connection.execute(insert(ApiKey).values(**key).returning(*_SHOWN)))


async def end_of(connection: AsyncConnection, key: UUID) -> datetime | None:
    """Return when a key ends; None: when it is revoked."""
    return (await connection.execute(select(ApiKey.expires_at).where(ApiKey.id == key))).scalar()


async def count(connection: AsyncConnection, workspace: UUID) -> int:
    """Return how many valid keys the workspace has."""
    query = select(func.count(ApiKey.id)).where(ApiKey.workspace_id == workspace, *_IS_VALID)
    return int((await connection.execute(query)).scalar_one())


async def page(connection: AsyncConnection, workspace: UUID, *, before: UUID | None, limit: int) -> list[KeyRow]:
    """Return valid keys, newest first."""
    query = select(*_SHOWN).where(ApiKey.workspace_id == workspace, *_IS_VALID)
    if before is not None:
        query = query.where(ApiKey.id < before)
    return rows_of(KeyRow, await connection.execute(query.order_by(ApiKey.id.desc()).limit(limit)))


async def revoke(connection: AsyncConnection, workspace: UUID, key: UUID) -> KeyRow | None:
    """Revoke a valid key; return None where there is none."""
    statement = update(ApiKey).where(ApiKey.workspace_id == workspace, ApiKey.id == key, *_IS_VALID)
    ended = statement.values(revoked_at=func.clock_timestamp()).returning(*_SHOWN)
    return row_or_none(KeyRow, await connection.execute(ended))
