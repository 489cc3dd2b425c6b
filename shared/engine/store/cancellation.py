"""Tasks that somebody cancels, many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import APPEND, MOVED, TASK_ENTRY, as_json

_REQUEST = text("UPDATE tasks SET cancel_requested = true WHERE id = ANY (:ids) AND status = 'running'").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
# Who waited for one of them is asked again, and so is who waited behind them for credits.
_CANCEL = text(
    f"""
    WITH waiting AS MATERIALIZED (
        SELECT id, workspace_id, wake_key FROM tasks
        WHERE id = ANY (:ids) AND status IN ('awaiting_approval', 'scheduled', 'pending', 'queued')
    ),
    moved AS (
        UPDATE tasks t SET status = 'cancelled', finished_at = clock_timestamp(), wake_key = NULL, parked_at = NULL,
               error = CAST(:error AS jsonb)
        FROM waiting WHERE t.id = waiting.id RETURNING {MOVED}
    ),
    woken AS (
        INSERT INTO wake_backlog (workspace_id, key)
        SELECT workspace_id, 'task:' || id FROM waiting
        UNION SELECT workspace_id, wake_key FROM waiting WHERE starts_with(wake_key, 'credits:')
    ),
    entries AS (
        SELECT workspace_id, task_id, type, data || jsonb_build_object('by', CAST(:by AS text)) AS data FROM ({TASK_ENTRY}) e
    ), {APPEND}
    SELECT count(*) FROM appended
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def cancel(
    connection: AsyncConnection, locked: Sequence[UUID], *, by: str, error: Mapping[str, str] | None = None
) -> None:
    """Cancel what of these locked tasks has not begun, and ask what is running to stop; takes the event counter."""
    if locked:
        await connection.execute(_REQUEST, {"ids": list(locked)})
        await connection.execute(_CANCEL, {"ids": list(locked), "by": by, "error": error and as_json(error)})
