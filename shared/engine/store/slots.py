"""Which slots of schedules have come, and how are schedules moved on once their slots have become tasks?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import APPEND, as_json
from shared.db.rows import rows_of
from shared.engine.store.rows.schedule_rows import DueSchedule, ScheduleRow

# Whether any schedule's slot has come.
ANY_DUE = "EXISTS (SELECT FROM schedules WHERE next_at <= (SELECT clock_timestamp()))"
_OF_SCHEDULE = ", ".join(f"s.{field.name}" for field in fields(ScheduleRow))
_DUE = text(
    f"""
    SELECT {_OF_SCHEDULE}, s.xmin::text AS version, s.next_at AS due, clock_timestamp() AS now,
           (SELECT a.persona_id FROM accounts a WHERE a.id = s.account_id) AS persona_id,
           (SELECT count(*) FROM tasks t WHERE t.schedule_id = s.id
            AND t.status IN ('awaiting_approval', 'scheduled', 'pending')) AS waiting,
           ARRAY(SELECT t.id FROM tasks t WHERE t.schedule_id = s.id
                 AND t.status IN ('queued', 'running', 'unknown')) AS active
    FROM schedules s WHERE s.next_at <= (SELECT clock_timestamp()) ORDER BY s.next_at, s.id LIMIT :limit
    """
)

# A schedule that was changed since it was read is left for the next look.
_ADVANCE = text(
    """
    WITH held AS MATERIALIZED (
        SELECT s.id, w.next_at FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS w(id uuid, version text, next_at timestamptz)
        JOIN schedules s ON s.id = w.id AND s.xmin::text = w.version ORDER BY s.id FOR NO KEY UPDATE OF s SKIP LOCKED
    )
    UPDATE schedules s SET next_at = held.next_at FROM held WHERE s.id = held.id RETURNING s.id
    """
)

_SKIP = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT s.id, w.next_at, w.slot, w.why
        FROM jsonb_to_recordset(CAST(:rows AS jsonb))
             AS w(id uuid, version text, next_at timestamptz, slot timestamptz, why text)
        JOIN schedules s ON s.id = w.id AND s.xmin::text = w.version ORDER BY s.id FOR NO KEY UPDATE OF s SKIP LOCKED
    ),
    passed AS (
        UPDATE schedules s SET next_at = held.next_at FROM held WHERE s.id = held.id
        RETURNING s.id, s.workspace_id, held.slot, held.why
    ),
    entries AS (
        SELECT workspace_id, CAST(NULL AS uuid) AS task_id, 'schedule.skipped' AS type,
               jsonb_build_object('schedule', id, 'slot', slot, 'why', why) AS data FROM passed
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)


async def due(connection: AsyncConnection, limit: int) -> list[DueSchedule]:
    """Return schedules whose slot has come, the earliest first."""
    return rows_of(DueSchedule, await connection.execute(_DUE, {"limit": limit}))


async def advance(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Move schedules (id, version, next_at) on; return those that were still as they had been read."""
    return set((await connection.execute(_ADVANCE, {"rows": as_json(rows)})).scalars())


async def skip(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Move schedules (id, version, next_at, slot, why) on without a task, with their events. Ends its transaction."""
    await connection.execute(_SKIP, {"rows": as_json(rows)})
