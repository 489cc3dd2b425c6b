"""Which tasks wait for approval, and until when?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import APPEND, MOVED, TASK_ENTRY, as_json
from shared.db.models.task import APPROVED
from shared.engine.rules.approval import WAITS_S
from shared.engine.store.dependencies import ALL_HOLD

# Tasks that wait for approval: for the first one, or for another since an edit has voided the last.
# Tasks that refer to results which are not known yet wait for those first; what is done needs no approval any more.
WAITS = (
    "t.approval_required AND NOT t.unfilled AND NOT t.acted AND t.status IN ('awaiting_approval', 'scheduled', 'pending')"
    f" AND NOT {APPROVED}"
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
# Whether the time of any approval has passed.
ANY_LATE = "coalesce((SELECT min(approval_until) FROM tasks WHERE approval_until IS NOT NULL) <= clock_timestamp(), false)"
_EXPIRE = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT t.id, t.workspace_id FROM tasks t WHERE t.approval_until <= (SELECT clock_timestamp()) AND {WAITS}
        ORDER BY t.id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    ),
    moved AS (
        UPDATE tasks t SET status = 'cancelled', finished_at = clock_timestamp(), wake_key = NULL, parked_at = NULL,
               approval_until = NULL,
               error = jsonb_build_object('code', 'approval_expired', 'message', 'Nobody has approved it in time.')
        FROM held WHERE t.id = held.id RETURNING {MOVED}
    ),
    woken AS (INSERT INTO wake_backlog (workspace_id, key) SELECT workspace_id, 'task:' || id FROM held),
    entries AS ({TASK_ENTRY}), {APPEND}
    SELECT count(*) FROM appended
    """
)
# A task that ended another way waits for no approval.
_FORGET = text(
    f"""
    UPDATE tasks t SET approval_until = NULL WHERE t.id = ANY (ARRAY(
        SELECT id FROM tasks t WHERE t.approval_until <= (SELECT clock_timestamp()) AND NOT ({WAITS})
        ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED))
    """
)

_UNFILLED = text(
    f"""
    SELECT t.id, t.type, t.payload FROM tasks t
    WHERE t.unfilled AND t.approval_required AND t.status = 'pending' AND t.wake_key IS NULL AND {ALL_HOLD}
    ORDER BY t.id LIMIT :limit FOR NO KEY UPDATE OF t SKIP LOCKED
    """
)
# Tasks that a rule has approved go on to their time; the others wait for a person, for as long as at first.
_FILL_IN = text(
    f"""
    WITH f AS MATERIALIZED (
        SELECT f.*, t.approval_rule IS NULL AS asks, t.scheduled_for > clock_timestamp() AS later
        FROM jsonb_to_recordset(CAST(:rows AS jsonb))
             AS f(id uuid, payload jsonb, payload_hash text, recipient text, targets text[]) JOIN tasks t USING (id)
    ),
    moved AS (
        UPDATE tasks t SET
            payload = f.payload, payload_hash = f.payload_hash, recipient = f.recipient, targets = f.targets,
            unfilled = false,
            status = CASE WHEN f.asks THEN 'awaiting_approval' WHEN f.later THEN 'scheduled' ELSE t.status END,
            not_before = CASE WHEN f.later AND NOT f.asks THEN t.scheduled_for END,
            approved_hash = CASE WHEN NOT f.asks THEN f.payload_hash END,
            approved_account = CASE WHEN NOT f.asks THEN t.account_id END,
            approved_for = CASE WHEN NOT f.asks THEN t.scheduled_for END,
            approval_until = CASE WHEN f.asks THEN clock_timestamp() + coalesce(
                t.approval_until - t.created_at, make_interval(secs => {WAITS_S})) END
        FROM f WHERE t.id = f.id AND t.status = 'pending' RETURNING {MOVED}
    ),
    entries AS (
        SELECT * FROM ({TASK_ENTRY}) e WHERE e.type <> 'task.pending'
        UNION ALL
        SELECT m.workspace_id, m.id, 'approval.requested',
               jsonb_strip_nulls(jsonb_build_object('task_type', m.type, 'platform', m.platform, 'lane', m.lane))
        FROM moved m WHERE m.status = 'awaiting_approval'
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)


def stands(task: Any) -> bool:
    """Return whether somebody, or a rule, has approved this task exactly as it is: payload, account and time."""
    return (
        task.approved_hash == task.payload_hash
        and task.approved_account == task.account_id
        and (not task.approval_covers_time or task.approved_for == task.scheduled_for)
    )


async def waiting(connection: AsyncConnection, workspace: UUID, *, after: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Return tasks that wait for approval, oldest first, after an id."""
    return (await connection.execute(_PAGE, {"workspace": workspace, "after": after, "limit": limit})).all()


async def unfilled(connection: AsyncConnection, limit: int) -> Sequence[Row[Any]]:
    """Return tasks (id, type, payload) whose text can be filled in for the approver; locked until the end."""
    return (await connection.execute(_UNFILLED, {"limit": limit})).all()


async def fill_in(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store filled-in payloads, each with what follows from it, and ask for their approval. Ends its transaction."""
    await connection.execute(_FILL_IN, {"rows": as_json(rows)})


async def expire(connection: AsyncConnection, limit: int) -> int:
    """Cancel what was not approved in time, and wake tasks that wait for it; return how many. Ends its transaction."""
    await connection.execute(_FORGET, {"limit": limit})
    return int((await connection.execute(_EXPIRE, {"limit": limit})).scalar_one())
