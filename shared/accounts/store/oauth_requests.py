"""How are open sign-ins at a platform stored, each to be used once?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_ADD = text(
    """
    INSERT INTO oauth_requests (state_hash, workspace_id, caller_id, persona_id, platform, handle, sealed, expires_at)
    VALUES (:state_hash, :workspace, :caller, :persona, :platform, :handle, :sealed,
            clock_timestamp() + make_interval(secs => :life_s)) RETURNING expires_at
    """
)
_FORGET = text("DELETE FROM oauth_requests WHERE workspace_id = :workspace AND expires_at <= clock_timestamp()")
_COUNT = text("SELECT count(*) FROM oauth_requests WHERE workspace_id = :workspace")
# Used up by the caller who began it, whatever the result; for others it stays as it is.
_TAKE = text(
    """
    DELETE FROM oauth_requests WHERE state_hash = :state_hash AND caller_id = :caller
    RETURNING persona_id, platform, handle, sealed, expires_at > clock_timestamp() AS in_time
    """
)


async def count_open(connection: AsyncConnection, workspace: UUID) -> int:
    """Return how many have begun and not ended, after those that are too old were removed."""
    await connection.execute(_FORGET, {"workspace": workspace})
    return int((await connection.execute(_COUNT, {"workspace": workspace})).scalar_one())


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> Any:
    """Store one; return until when it can be ended."""
    return (await connection.execute(_ADD, row)).scalar_one()


async def take(connection: AsyncConnection, state_hash: bytes, caller: UUID) -> Row[Any] | None:
    """Use up one, if this caller began it."""
    return (await connection.execute(_TAKE, {"state_hash": state_hash, "caller": caller})).one_or_none()
