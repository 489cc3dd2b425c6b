"""Which rules say which tasks need approval?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Boolean, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import as_json
from shared.engine.rules.approval import Rule, from_json, to_json

_KEEP = text(
    """
    INSERT INTO approval_rules AS r (workspace_id, document, four_eyes)
    VALUES (:workspace, CAST(:document AS jsonb), coalesce(:four_eyes, false))
    ON CONFLICT (workspace_id) DO UPDATE SET document = excluded.document,
        four_eyes = coalesce(:four_eyes, r.four_eyes), changed_at = clock_timestamp()
    RETURNING four_eyes
    """
).bindparams(bindparam("four_eyes", type_=Boolean))
# One counts at a time, until its commit: otherwise two that submit at once would both find the last slot.
_ALONE = text("SELECT pg_advisory_xact_lock(1634758002, hashtext(:workspace))")
_APPROVED = text(
    "SELECT count(*) FROM tasks WHERE workspace_id = :workspace AND approval_rule = :rule AND created_at > :since"
)


async def rules(connection: AsyncConnection, workspace: UUID) -> list[Rule]:
    """Return the workspace's rules, in their order."""
    query = text("SELECT document FROM approval_rules WHERE workspace_id = :workspace")
    return from_json((await connection.execute(query, {"workspace": workspace})).scalar() or [])


async def four_eyes(connection: AsyncConnection, workspace: UUID) -> bool:
    """Return whether what AI wrote is approved by somebody other than who ordered it."""
    query = text("SELECT four_eyes FROM approval_rules WHERE workspace_id = :workspace")
    return bool((await connection.execute(query, {"workspace": workspace})).scalar())


async def keep(connection: AsyncConnection, workspace: UUID, wanted: Sequence[Rule], four_eyes: bool | None) -> bool:  # noqa: FBT001 - the column's value
    """Replace the rules; return whether four eyes are required, which None leaves as it was."""
    values = {"workspace": workspace, "document": as_json(to_json(wanted)), "four_eyes": four_eyes}
    return bool((await connection.execute(_KEEP, values)).scalar_one())


async def count_alone(connection: AsyncConnection, workspace: UUID) -> None:
    """Lock others out who count what rules have approved, until the transaction ends."""
    await connection.execute(_ALONE, {"workspace": str(workspace)})


async def approved_by(connection: AsyncConnection, workspace: UUID, rule: Rule, now: datetime) -> int:
    """Return how many tasks a rule has approved within its window."""
    values = {"workspace": workspace, "rule": rule.name, "since": now - timedelta(seconds=rule.window_s)}
    return int((await connection.execute(_APPROVED, values)).scalar_one())
