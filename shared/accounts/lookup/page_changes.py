"""Which pages of platforms have changed, and what is paused because of them?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import LocatorDrift

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


async def drifting_places(connection: AsyncConnection, limit: int) -> Sequence[Row[Any]]:
    """Return the workspace's drifting locators, by platform and name."""
    order = (LocatorDrift.platform, LocatorDrift.transport, LocatorDrift.practice, LocatorDrift.locator)
    return (await connection.execute(select(LocatorDrift.__table__).order_by(*order).limit(limit))).all()


async def paused_capabilities(connection: AsyncConnection, workspace: UUID, limit: int) -> Sequence[Row[Any]]:
    """Return capabilities that a changed page has paused, each with its newest evidence (None where there is none)."""
    return (await connection.execute(_PAUSED, {"workspace": workspace, "limit": limit})).all()
