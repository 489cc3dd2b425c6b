"""How are results of steps stored that are costly but not outward? By the attempt that holds the task, for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.rows import row_or_none
from shared.engine.store.attempts import IS_OWN, Process

_FIND = text(
    """
    SELECT t.cancel_requested, k.task_id IS NOT NULL AS is_kept, k.result FROM tasks t
    LEFT JOIN kept_steps k ON k.task_id = t.id AND k.step = :step AND k.expires_at > clock_timestamp()
    WHERE t.id = :task
    """
)

# Tasks before attempts, as everywhere: an attempt that was closed meanwhile stores nothing any more.
_KEEP = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT t.id, t.workspace_id FROM tasks t WHERE t.id = :task AND t.status IN ('running', 'unknown')
        FOR NO KEY UPDATE OF t
    ),
    ours AS MATERIALIZED (
        SELECT a.id FROM attempts a JOIN held ON held.id = a.task_id
        WHERE a.id = :attempt AND {IS_OWN} AND a.ended_at IS NULL AND a.lease_until > clock_timestamp()
        FOR NO KEY UPDATE OF a
    )
    INSERT INTO kept_steps (task_id, step, workspace_id, attempt_id, result, expires_at)
    SELECT held.id, CAST(:step AS text), held.workspace_id, ours.id, CAST(:result AS jsonb),
           clock_timestamp() + make_interval(secs => :lasts)
    FROM held CROSS JOIN ours
    ON CONFLICT (task_id, step) DO UPDATE SET attempt_id = excluded.attempt_id, result = excluded.result,
        kept_at = clock_timestamp(), expires_at = excluded.expires_at
    RETURNING step
    """
)


@dataclass(frozen=True, slots=True)
class KeptRow:
    """The stored result of a step, if there is one, and whether somebody has cancelled its task."""

    cancel_requested: bool
    is_kept: bool
    result: Any


async def find(connection: AsyncConnection, task: UUID, step: str) -> KeptRow | None:
    """Return the unexpired result of a task's step; None where there is no such task."""
    return row_or_none(KeptRow, await connection.execute(_FIND, {"task": task, "step": step}))


async def keep(
    connection: AsyncConnection, who: Process, attempt: tuple[int, UUID], step: str, result: str, lasts: timedelta
) -> bool:
    """Store the result of a step of an (attempt, task), as JSON; return False where the attempt no longer holds its task."""
    attempt_id, task = attempt
    values = {"attempt": attempt_id, "task": task, "step": step, "result": result, "lasts": lasts.total_seconds()}
    return (await connection.execute(_KEEP, values | who.columns)).one_or_none() is not None
