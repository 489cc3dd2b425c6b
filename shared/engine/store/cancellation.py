"""Tasks that somebody cancels, many at once.

What has done something outside already is not cancelled as if it had not (ADR 0047): where that was all, it is completed;
else it is asked to stop before its next outward step, as what runs is, and says itself how it ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import APPEND, MOVED, TASK_ENTRY, as_json
from shared.engine.store.done_steps import BEGUN, DONE, RESULT

_WAITING = "t.id = ANY (:ids) AND t.status IN ('awaiting_approval', 'scheduled', 'pending', 'queued')"
_ASKED = "data || jsonb_build_object('by', CAST(:by AS text), 'did', 'cancel_requested')"

_REQUEST = text("UPDATE tasks SET cancel_requested = true WHERE id = ANY (:ids) AND status = 'running'").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
# From here on nothing outward follows, so nothing that guards outward steps holds it back (`acted`).
_REQUEST_BEGUN = text(
    f"""
    WITH waiting AS MATERIALIZED (
        SELECT t.id, t.status FROM tasks t WHERE {_WAITING} AND NOT t.cancel_requested AND {BEGUN} AND NOT {DONE}
    ),
    moved AS (
        UPDATE tasks t SET cancel_requested = true, acted = true, wake_key = NULL, parked_at = NULL, not_before = NULL,
               status = CASE t.status WHEN 'queued' THEN 'queued' ELSE 'pending' END,
               due_at = least(t.due_at, clock_timestamp())
        FROM waiting WHERE t.id = waiting.id RETURNING {MOVED}
    ),
    entries AS (SELECT workspace_id, task_id, type, {_ASKED} AS data FROM ({TASK_ENTRY}) e), {APPEND}
    SELECT count(*) FROM appended
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
# Who waited for one of them is asked again, and so is who waited behind them for credits.
_CANCEL = text(
    f"""
    WITH waiting AS MATERIALIZED (
        SELECT t.id, t.workspace_id, t.wake_key, {DONE} AS is_done FROM tasks t WHERE {_WAITING} AND ({DONE} OR NOT {BEGUN})
    ),
    moved AS (
        UPDATE tasks t SET status = CASE WHEN is_done THEN 'completed' ELSE 'cancelled' END,
               finished_at = clock_timestamp(), wake_key = NULL, parked_at = NULL,
               result = CASE WHEN is_done THEN {RESULT} ELSE t.result END,
               error = CASE WHEN NOT is_done THEN CAST(:error AS jsonb) END
        FROM waiting WHERE t.id = waiting.id RETURNING {MOVED}
    ),
    woken AS (
        INSERT INTO wake_backlog (workspace_id, key)
        SELECT workspace_id, 'task:' || id FROM waiting
        UNION SELECT workspace_id, wake_key FROM waiting WHERE starts_with(wake_key, 'credits:')
    ),
    entries AS (
        SELECT workspace_id, task_id, type, CASE type WHEN 'task.completed' THEN {_ASKED}
               ELSE data || jsonb_build_object('by', CAST(:by AS text)) END AS data FROM ({TASK_ENTRY}) e
    ), {APPEND}
    SELECT (SELECT count(*) FROM moved WHERE status = 'cancelled'), (SELECT count(*) FROM appended)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def cancel(
    connection: AsyncConnection, locked: Sequence[UUID], *, by: str, error: Mapping[str, str] | None = None
) -> int:
    """Cancel what of these locked tasks has not begun, and ask what runs, or has done a part, to stop.

    Return how many it cancelled.

    What has done all that is outward is completed. Takes the event counter.
    """
    if not locked:
        return 0
    values = {"ids": list(locked), "by": by}
    await connection.execute(_REQUEST, {"ids": list(locked)})
    await connection.execute(_REQUEST_BEGUN, values)
    answer = await connection.execute(_CANCEL, values | {"error": error and as_json(error)})
    return int(answer.one()[0])
