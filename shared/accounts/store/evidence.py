"""Where does it lie what pages looked like that had changed, and what is paused because of them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Evidence

# A scope does not say of which transport the page was: its newest evidence does.
_PAUSED = text(
    """
    SELECT split_part(s.key, ':', 2) AS platform, split_part(s.key, ':', 3) AS capability, s.reason, s.created_at AS since,
           e.attempt_id, e.transport, e.locator, e.host, e.kept_at
    FROM scopes s LEFT JOIN LATERAL (
        SELECT * FROM evidence e
        WHERE e.workspace_id = s.workspace_id AND e.platform = split_part(s.key, ':', 2)
          AND e.capability = split_part(s.key, ':', 3)
        ORDER BY e.attempt_id DESC LIMIT 1) e ON true
    WHERE s.workspace_id = :workspace AND s.gate = 'connection' AND starts_with(s.key, 'capability:')
      AND (s.opens_at IS NULL OR s.opens_at > clock_timestamp())
    ORDER BY s.key LIMIT :limit
    """
)
_FORGET = text(
    """
    DELETE FROM evidence WHERE attempt_id IN (
        SELECT attempt_id FROM evidence
        WHERE kept_at < (SELECT clock_timestamp()) - make_interval(days => :days) LIMIT :limit)
    """
)


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Note where an attempt's evidence lies; an attempt that keeps some twice has one folder."""
    await connection.execute(insert(Evidence).values(**row).on_conflict_do_nothing())


async def paused(connection: AsyncConnection, workspace: UUID, limit: int) -> Sequence[Row[Any]]:
    """Capabilities that a changed page has paused, each with its newest evidence (None where there is none)."""
    return (await connection.execute(_PAUSED, {"workspace": workspace, "limit": limit})).all()


async def forget_old(connection: AsyncConnection, days: int, limit: int) -> int:
    """Forget what was kept more than `days` days ago, at most `limit`; answers how many."""
    return (await connection.execute(_FORGET, {"days": days, "limit": limit})).rowcount
