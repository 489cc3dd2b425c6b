"""How is the answer to a keyed request stored, and given again?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import IdempotencyKey

_FORGET = text(
    """
    DELETE FROM idempotency_keys WHERE (workspace_id, key) IN (
        SELECT workspace_id, key FROM idempotency_keys
        WHERE created_at < (SELECT clock_timestamp()) - make_interval(hours => :hours) LIMIT 10000)
    """
)


async def try_lock(connection: AsyncConnection, workspace: UUID, key: str) -> bool:
    """Lock the key until the transaction ends; return False while somebody else has it."""
    query = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
    return bool((await connection.execute(query, {"name": f"{workspace}:{key}"})).scalar_one())


async def find(connection: AsyncConnection, workspace: UUID, key: str) -> Row[Any] | None:
    """Return the stored answer of a key."""
    query = select(IdempotencyKey.__table__).where(IdempotencyKey.workspace_id == workspace, IdempotencyKey.key == key)
    return (await connection.execute(query)).one_or_none()


async def keep(connection: AsyncConnection, workspace: UUID, key: str, fingerprint: str, answer: dict[str, Any]) -> None:
    """Store an answer; before the transaction's events."""
    row = {"workspace_id": workspace, "key": key, "fingerprint": fingerprint, "answer": answer}
    await connection.execute(insert(IdempotencyKey).values(**row))


async def forget_old(connection: AsyncConnection, hours: int) -> int:
    """Remove answers that are older than `hours` hours; return how many."""
    return (await connection.execute(_FORGET, {"hours": hours})).rowcount
