"""Which limits were set for a scope?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import as_json
from shared.db.models import ScopeLimits
from shared.engine.rules.limits import Limits, from_json, to_json

_KEEP = text(
    """
    INSERT INTO limits (workspace_id, scope, document) VALUES (:workspace, :scope, CAST(:document AS jsonb))
    ON CONFLICT (workspace_id, scope) DO UPDATE SET document = excluded.document, changed_at = clock_timestamp()
    """
)


async def find(connection: AsyncConnection, scope: str) -> Limits | None:
    """Return the workspace's own limits for a scope; None where there are only the defaults."""
    stored = (await connection.execute(select(ScopeLimits.document).where(ScopeLimits.scope == scope))).scalar_one_or_none()
    return None if stored is None else from_json(stored)


async def keep(connection: AsyncConnection, workspace: UUID, scope: str, limits: Limits) -> None:
    """Set a scope's limits."""
    values = {"workspace": workspace, "scope": scope, "document": as_json(to_json(limits))}
    await connection.execute(_KEEP, values)
