"""How does every change append to `task_events` with a number that follows the order of commits?

The number comes from a counter row per workspace, taken last and once for all events of the transaction, inside the
statement that changes the state. A plain sequence loses events: a reader at 2 never sees a 1 that commits later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import TaskEvent
from shared.db.rows import columns_of, rows_of


@dataclass(frozen=True, slots=True)
class EventRow:
    """A change, as it was written."""

    workspace_id: UUID
    seq: int
    time: datetime
    task_id: UUID | None
    type: str
    data: dict[str, Any]


DUE_CHANNEL = "callsheet_due"
EVENTS_CHANNEL = "callsheet_events"

# Follows a statement whose CTE `entries` has (workspace_id, task_id, type, data). The database's function updates the
# counters, several in order; nothing else may touch them.
APPEND = """
counted AS (SELECT workspace_id, count(*) AS n FROM entries GROUP BY workspace_id),
taken AS MATERIALIZED (
    SELECT t.* FROM (SELECT array_agg(workspace_id ORDER BY workspace_id) AS whose, array_agg(n ORDER BY workspace_id) AS n
                     FROM counted) c
    CROSS JOIN LATERAL take_event_numbers(c.whose, c.n) t
),
appended AS (
    INSERT INTO task_events (workspace_id, seq, task_id, type, data)
    SELECT e.workspace_id, t.base + row_number() OVER (PARTITION BY e.workspace_id ORDER BY e.task_id, e.type),
           e.task_id, e.type, e.data
    FROM entries e JOIN taken t USING (workspace_id)
    RETURNING seq
)
"""

# The data of the event of a task that changed its state, from the CTE `moved`.
TASK_ENTRY = """
    SELECT m.workspace_id, m.id AS task_id, 'task.' || m.status AS type,
           jsonb_strip_nulls(jsonb_build_object('task_type', m.type, 'platform', m.platform, 'lane', m.lane,
                                                'error', m.error, 'correlation_id', m.correlation_id)) AS data
    FROM moved m
"""

# The same, but for a task that is only looked at again: its result has not changed between two looks.
LOUD_ENTRY = f"{TASK_ENTRY} WHERE NOT m.waits"

# The columns of `tasks` that these read; RETURNING them makes `moved`.
MOVED = "t.id, t.workspace_id, t.status, t.type, t.platform, t.lane, t.error, t.correlation_id, t.waits"


_APPEND_ONE = text(
    f"""
    WITH entries AS (
        SELECT CAST(:workspace AS uuid) AS workspace_id, CAST(:task AS uuid) AS task_id,
               CAST(:kind AS text) AS type, CAST(:data AS jsonb) AS data
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)


async def append(
    connection: AsyncConnection, workspace: UUID, kind: str, data: dict[str, Any], *, task: UUID | None = None
) -> None:
    """Append one event; the last statement of its transaction."""
    values = {"workspace": workspace, "task": task, "kind": kind, "data": as_json(data)}
    await connection.execute(_APPEND_ONE, values)


_APPEND_ALL = text(
    f"""
    WITH entries AS (
        SELECT CAST(:workspace AS uuid) AS workspace_id, e.task_id, e.type, e.data
        FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS e(task_id uuid, type text, data jsonb)
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)


async def append_all(connection: AsyncConnection, workspace: UUID, entries: Sequence[Mapping[str, Any]]) -> None:
    """Append events of one workspace, each with `task_id`, `type` and `data`; the last statement of its transaction."""
    await connection.execute(_APPEND_ALL, {"workspace": workspace, "entries": as_json(entries)})


async def after(
    connection: AsyncConnection, workspace: UUID, seq: int, *, task: UUID | None = None, limit: int = 500
) -> list[EventRow]:
    """Return events with a higher number than `seq`, oldest first."""
    query = select(*columns_of(TaskEvent, EventRow)).where(TaskEvent.workspace_id == workspace, TaskEvent.seq > seq)
    if task is not None:
        query = query.where(TaskEvent.task_id == task)
    return rows_of(EventRow, await connection.execute(query.order_by(TaskEvent.seq).limit(limit)))


async def newest(connection: AsyncConnection, workspace: UUID) -> int:
    """Return the number of the workspace's last event; 0 when there is none."""
    query = text("SELECT coalesce((SELECT seq FROM event_counters WHERE workspace_id = :workspace), 0)")
    return int((await connection.execute(query, {"workspace": workspace})).scalar_one())


async def notify_all(connection: AsyncConnection) -> None:
    """Wake dispatchers and readers of events; sent on its own after a commit, since inside it halves the commit rate."""
    await connection.execute(text(f"SELECT pg_notify('{DUE_CHANNEL}', ''), pg_notify('{EVENTS_CHANNEL}', '')"))


def as_json(value: object) -> str:
    """Return a JSON parameter; instants in ISO 8601, ids as text."""
    return orjson.dumps(value, default=str).decode()
