"""How is a task's progress stored? By the attempt that holds it, with an event each second at most."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import APPEND
from shared.engine.store.attempts import IS_OWN, Process

# The next event contains what none has reported yet: all that is shown is in the row.
_WRITE = text(
    f"""
    WITH ours AS MATERIALIZED (
        SELECT a.task_id, a.workspace_id FROM attempts a
        WHERE a.id = :attempt AND a.task_id = :task AND {IS_OWN} AND a.ended_at IS NULL FOR SHARE OF a
    ),
    written AS (
        INSERT INTO task_progress (task_id, workspace_id, step, done, total, unit)
        SELECT task_id, workspace_id, CAST(:step AS text), CAST(:done AS bigint), CAST(:total AS bigint), CAST(:unit AS text)
        FROM ours
        ON CONFLICT (task_id) DO UPDATE SET step = excluded.step, done = excluded.done, total = excluded.total,
            unit = excluded.unit, told_at = CASE
                WHEN task_progress.told_at <= clock_timestamp() - interval '1 second' THEN clock_timestamp()
                ELSE task_progress.told_at END
            WHERE (task_progress.step, task_progress.done, task_progress.total, task_progress.unit)
                  IS DISTINCT FROM (excluded.step, excluded.done, excluded.total, excluded.unit)
        RETURNING *
    ),
    entries AS (
        SELECT w.workspace_id, w.task_id, 'task.progress' AS type,
               jsonb_build_object('step', w.step, 'done', w.done, 'total', w.total, 'unit', w.unit) AS data
        FROM written w WHERE w.told_at >= statement_timestamp()  -- else an event has told it within the last second
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)


@dataclass(frozen=True, slots=True)
class Progress:
    """A task's progress: `done` of `total` (None where it is not known) of its step, in `unit`."""

    step: str
    done: int
    total: int | None
    unit: str


async def write(connection: AsyncConnection, who: Process, attempt: tuple[int, UUID], progress: Progress) -> None:
    """Store how far the task of an (attempt, task) is, if the attempt still holds it. Ends its transaction."""
    attempt_id, task = attempt
    values = {"attempt": attempt_id, "task": task} | asdict(progress)
    await connection.execute(_WRITE, values | who.columns)
