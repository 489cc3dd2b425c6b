"""Which rules say who must approve, and what waits for somebody's approval?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.repositories.events import APPEND, MOVED, TASK_ENTRY, as_json
from shared.scheduling.approval import Rule, from_json, to_json

# What waits for somebody: for the first approval, or for another one since an edit has voided the last.
WAITS = (
    "t.approval_required AND t.approved_hash IS DISTINCT FROM t.payload_hash"
    " AND t.status IN ('awaiting_approval', 'scheduled', 'pending')"
)

_KEEP = text(
    """
    INSERT INTO approval_rules (workspace_id, document) VALUES (:workspace, CAST(:document AS jsonb))
    ON CONFLICT (workspace_id) DO UPDATE SET document = excluded.document, changed_at = clock_timestamp()
    """
)
_PAGE = text(
    f"""
    SELECT t.id, t.type, t.platform, a.handle AS account, t.payload, t.payload_hash, t.author, t.asked_by, t.created_at,
           t.scheduled_for, t.approval_until, t.approved_hash IS NOT NULL AS edited
    FROM tasks t LEFT JOIN accounts a ON a.id = t.account_id
    WHERE {WAITS} AND t.workspace_id = :workspace AND (CAST(:after AS uuid) IS NULL OR t.id > :after)
    ORDER BY t.id LIMIT :limit
    """
)
# One that counts at a time, until its commit: else two that submit at once would both find the last place.
_ALONE = text("SELECT pg_advisory_xact_lock(1634758002, hashtext(:workspace))")
_APPROVED = text(
    "SELECT count(*) FROM tasks WHERE workspace_id = :workspace AND approval_rule = :rule AND created_at > :since"
)
_ANY_LATE = text(
    "SELECT coalesce((SELECT min(approval_until) FROM tasks WHERE approval_until IS NOT NULL) <= clock_timestamp(), false)"
)
_EXPIRE = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT t.id FROM tasks t WHERE t.approval_until <= (SELECT clock_timestamp()) AND {WAITS}
        ORDER BY t.id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    ),
    moved AS (
        UPDATE tasks t SET status = 'cancelled', finished_at = clock_timestamp(), wake_key = NULL, parked_at = NULL,
               approval_until = NULL,
               error = jsonb_build_object('code', 'approval_expired', 'message', 'Nobody has approved it in time.')
        FROM held WHERE t.id = held.id RETURNING {MOVED}
    ),
    woken AS (
        UPDATE tasks w SET wake_key = NULL, parked_at = NULL
        WHERE w.wake_key IN (SELECT 'task:' || id FROM held) AND w.id NOT IN (SELECT id FROM held)
    ),
    entries AS ({TASK_ENTRY}), {APPEND}
    SELECT count(*) FROM appended
    """
)
# What came to its end another way has nobody's approval to wait for.
_FORGET = text(
    f"""
    UPDATE tasks t SET approval_until = NULL WHERE t.id = ANY (ARRAY(
        SELECT id FROM tasks t WHERE t.approval_until <= (SELECT clock_timestamp()) AND NOT ({WAITS})
        ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED))
    """
)


async def rules(connection: AsyncConnection, workspace: UUID) -> list[Rule]:
    """The workspace's rules, in their order."""
    query = text("SELECT document FROM approval_rules WHERE workspace_id = :workspace")
    return from_json((await connection.execute(query, {"workspace": workspace})).scalar() or [])


async def keep(connection: AsyncConnection, workspace: UUID, wanted: Sequence[Rule]) -> None:
    """Let these rules hold, and no others."""
    await connection.execute(_KEEP, {"workspace": workspace, "document": as_json(to_json(wanted))})


async def count_alone(connection: AsyncConnection, workspace: UUID) -> None:
    """Keep others out who count what rules have approved, until the transaction ends."""
    await connection.execute(_ALONE, {"workspace": str(workspace)})


async def approved_by(connection: AsyncConnection, workspace: UUID, rule: Rule, now: datetime) -> int:
    """How many tasks a rule has approved within its window."""
    values = {"workspace": workspace, "rule": rule.name, "since": now - timedelta(seconds=rule.window_s)}
    return int((await connection.execute(_APPROVED, values)).scalar_one())


async def waiting(connection: AsyncConnection, workspace: UUID, *, after: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Tasks that wait for somebody, oldest first, from after an id on."""
    return (await connection.execute(_PAGE, {"workspace": workspace, "after": after, "limit": limit})).all()


async def any_late(connection: AsyncConnection) -> bool:
    """Whether the time of any approval has passed."""
    return bool((await connection.execute(_ANY_LATE)).scalar_one())


async def expire(connection: AsyncConnection, limit: int) -> int:
    """Cancel what nobody has approved in time, and wake who waits for it; answers how many. Ends its transaction."""
    await connection.execute(_FORGET, {"limit": limit})
    return int((await connection.execute(_EXPIRE, {"limit": limit})).scalar_one())
