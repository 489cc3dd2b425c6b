"""How are runs found, with what their tasks have come to, and cancelled?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from shared.db.models import Account, Run
from shared.db.repositories.events import APPEND, MOVED, TASK_ENTRY

# Archived or not: what a run was made of stays known.
_TASKS = text(
    """
    SELECT run_id, id, status FROM tasks WHERE run_id = ANY (:runs)
    UNION ALL
    SELECT run_id, id, document -> 'task' ->> 'status' FROM archived_tasks WHERE run_id = ANY (:runs)
    ORDER BY id
    """
).bindparams(bindparam("runs", type_=ARRAY(Uuid)))

_HOLD = text("SELECT id FROM tasks WHERE run_id = :run ORDER BY id FOR UPDATE")
_REQUEST = text("UPDATE tasks SET cancel_requested = true WHERE run_id = :run AND status = 'running'")

# Who waited for one of them is asked again, and so is who waited behind them for credits.
_CANCEL = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT id, wake_key FROM tasks
        WHERE run_id = :run AND status IN ('awaiting_approval', 'scheduled', 'pending', 'queued') ORDER BY id FOR UPDATE
    ),
    moved AS (
        UPDATE tasks t SET status = 'cancelled', finished_at = clock_timestamp(), wake_key = NULL, parked_at = NULL
        FROM held WHERE t.id = held.id RETURNING {MOVED}
    ),
    woken AS (
        UPDATE tasks w SET wake_key = NULL, parked_at = NULL
        WHERE w.id NOT IN (SELECT id FROM held) AND w.wake_key IN (
            SELECT 'task:' || id FROM held UNION SELECT wake_key FROM held WHERE starts_with(wake_key, 'credits:'))
    ),
    entries AS (
        SELECT workspace_id, task_id, type, data || jsonb_build_object('by', CAST(:by AS text)) AS data FROM ({TASK_ENTRY}) e
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)


async def page(connection: AsyncConnection, *, before: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Runs, newest first, from before an id on."""
    query = _viewed()
    if before is not None:
        query = query.where(Run.id < before)
    return (await connection.execute(query.order_by(Run.id.desc()).limit(limit))).all()


async def find(connection: AsyncConnection, run_id: UUID) -> Row[Any] | None:
    """One run with its account's platform and handle."""
    return (await connection.execute(_viewed().where(Run.id == run_id))).one_or_none()


async def tasks_of(connection: AsyncConnection, runs: Sequence[UUID]) -> dict[UUID, list[Row[Any]]]:
    """The tasks (id, status) of each of these runs, in the order in which they were made."""
    found: dict[UUID, list[Row[Any]]] = {}
    for row in (await connection.execute(_TASKS, {"runs": list(runs)})).all():
        found.setdefault(row.run_id, []).append(row)
    return found


async def hold(connection: AsyncConnection, run_id: UUID) -> None:
    """Hold all tasks of a run until the transaction ends."""
    await connection.execute(_HOLD, {"run": run_id})


async def cancel(connection: AsyncConnection, run_id: UUID, *, by: str) -> None:
    """Cancel what has not begun, and ask what is running to stop; the last statements of its transaction."""
    await connection.execute(_REQUEST, {"run": run_id})
    await connection.execute(_CANCEL, {"run": run_id, "by": by})


def _viewed() -> Any:
    query = select(Run.__table__, Account.platform, Account.handle.label("account"))
    return query.join(Account, Account.id == Run.account_id)
