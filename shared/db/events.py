"""How does every change append to `task_events` with a number that follows the order of commits?

The number comes from a counter row per workspace, taken last and once for all events of the transaction, inside the
statement that changes the state. A plain sequence loses events: a reader at 2 never sees a 1 that commits later.

What happens to many tasks at once is one row, a group, with a number for each of them (ADR 0045). Who reads events takes
them apart by `EACH`: nobody else may know that there are groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, Uuid

from shared.db.rows import rows_of


@dataclass(frozen=True, slots=True)
class EventRow:
    """A change, as it was written."""

    workspace_id: UUID
    seq: int
    time: datetime
    task_id: UUID | None
    type: str
    data: dict[str, Any]


# At most so many tasks in one group; by it a reader knows how far beyond its last number a group can begin that it needs.
LARGEST_GROUP = 1024

# Follows `task_events e`: its event, or each event of its group, as `one` (seq, task_id, data).
EACH = """
CROSS JOIN LATERAL (
    SELECT e.seq, e.task_id, e.data WHERE e.task_ids IS NULL
    UNION ALL
    SELECT e.seq - cardinality(e.task_ids) + u.place, u.task_id,
           CASE WHEN e.correlation_ids IS NULL THEN e.data
                ELSE e.data || jsonb_strip_nulls(jsonb_build_object('correlation_id', u.correlation_id)) END
    FROM unnest(e.task_ids, e.correlation_ids) WITH ORDINALITY AS u(task_id, correlation_id, place)
    WHERE e.task_ids IS NOT NULL
) one
"""

# As a table in FROM: the one event `one` of the workspace {workspace} with the number {seq}, if it was not forgotten.
NUMBERED = f"""
    SELECT e.workspace_id, one.seq, e.time, one.task_id, e.type, one.data
    FROM (SELECT * FROM task_events x WHERE x.workspace_id = {{workspace}} AND x.seq >= {{seq}} ORDER BY x.seq LIMIT 1) e
    {EACH} WHERE one.seq = {{seq}}
"""

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

# A row for each of the CTE `groups`, which has (workspace_id, type, data, task_ids, correlation_ids, group_id). Of one task
# it is a row like any other.
APPEND_GROUPS = """
counted AS (SELECT workspace_id, sum(cardinality(task_ids))::bigint AS n FROM groups GROUP BY workspace_id),
taken AS MATERIALIZED (
    SELECT t.* FROM (SELECT array_agg(workspace_id ORDER BY workspace_id) AS whose, array_agg(n ORDER BY workspace_id) AS n
                     FROM counted) c
    CROSS JOIN LATERAL take_event_numbers(c.whose, c.n) t
),
appended AS (
    INSERT INTO task_events (workspace_id, seq, task_id, type, data, task_ids, correlation_ids, group_id)
    SELECT g.workspace_id, t.base + sum(cardinality(g.task_ids)) OVER (
               PARTITION BY g.workspace_id ORDER BY g.task_ids[1], g.type),
           CASE WHEN cardinality(g.task_ids) = 1 THEN g.task_ids[1] END, g.type, g.data,
           CASE WHEN cardinality(g.task_ids) > 1 THEN g.task_ids END, g.correlation_ids,
           CASE WHEN cardinality(g.task_ids) > 1 THEN g.group_id END
    FROM groups g JOIN taken t USING (workspace_id)
    RETURNING seq
)
"""

# The groups of tasks that are in one state now, from the CTE `moved` with their `batch_id` and a `place` that orders them.
# Neither min nor max sees who has no correlation id: such a one must not get that of the others.
SAME_CORRELATION = "min(m.correlation_id) = max(m.correlation_id) AND count(m.correlation_id) = count(*)"
GROUPS = f"""
    SELECT m.workspace_id, 'task.' || m.status AS type,
           jsonb_strip_nulls(jsonb_build_object(
               'task_type', m.type, 'platform', m.platform, 'lane', m.lane, 'error', m.error,
               'correlation_id', CASE WHEN {SAME_CORRELATION} THEN min(m.correlation_id) END)) AS data,
           array_agg(m.id ORDER BY m.place) AS task_ids,
           CASE WHEN count(m.correlation_id) > 0 AND NOT ({SAME_CORRELATION})
                THEN array_agg(m.correlation_id ORDER BY m.place) END AS correlation_ids,
           m.batch_id AS group_id
    FROM moved m GROUP BY m.workspace_id, m.status, m.type, m.platform, m.lane, m.error, m.batch_id
"""

# The CTE `entries`, as groups of one each.
ALONE = """
    SELECT e.workspace_id, e.type, e.data, ARRAY[e.task_id] AS task_ids, CAST(NULL AS text[]) AS correlation_ids,
           CAST(NULL AS uuid) AS group_id FROM entries e
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


_APPEND_GROUP = text(
    """
    WITH taken AS MATERIALIZED (
        SELECT t.base FROM take_event_numbers(ARRAY[CAST(:workspace AS uuid)], ARRAY[CAST(:n AS bigint)]) t
    )
    INSERT INTO task_events (workspace_id, seq, type, data, task_ids, correlation_ids, group_id)
    SELECT :workspace, taken.base + :n, :kind, CAST(:data AS jsonb), :tasks, :correlations, :group FROM taken
    """
).bindparams(bindparam("tasks", type_=ARRAY(Uuid)), bindparam("correlations", type_=ARRAY(Text)))


async def append_group(
    connection: AsyncConnection,
    workspace: UUID,
    kind: str,
    data: dict[str, Any],
    *,
    tasks: Sequence[UUID],
    group: UUID,
    correlations: Sequence[str] | None = None,
) -> None:
    """Append the same event of many tasks, which must have `group` among theirs; the last statement of its transaction.

    `correlations` are theirs in the same order, where not all are what `data` says.
    """
    values = {"workspace": workspace, "n": len(tasks), "kind": kind, "data": as_json(data), "group": group}
    values |= {"tasks": list(tasks), "correlations": None if correlations is None else list(correlations)}
    await connection.execute(_APPEND_GROUP, values)


# One row after the other until there are enough: in a group there may be more than are asked for.
_AFTER = text(
    f"""
    SELECT e.workspace_id, one.seq, e.time, one.task_id, e.type, one.data FROM task_events e {EACH}
    WHERE e.workspace_id = :workspace AND e.seq > :seq AND one.seq > :seq ORDER BY e.seq, one.seq LIMIT :limit
    """
)

# The groups of a task stand with it, and with what is kept of it in the archive.
_AFTER_OF_TASK = text(
    """
    WITH own AS MATERIALIZED (
        SELECT unnest(event_groups) AS id FROM tasks WHERE id = :task
        UNION
        SELECT CAST(jsonb_array_elements_text(CASE jsonb_typeof(document #> '{task,event_groups}')
                    WHEN 'array' THEN document #> '{task,event_groups}' ELSE '[]' END) AS uuid)
        FROM archived_tasks WHERE id = :task
    )
    SELECT e.workspace_id, e.seq, e.time, e.task_id, e.type, e.data FROM task_events e
    WHERE e.workspace_id = :workspace AND e.task_id = :task AND e.seq > :seq
    UNION ALL
    SELECT e.workspace_id, e.seq - cardinality(e.task_ids) + p.place, e.time, CAST(:task AS uuid), e.type,
           CASE WHEN e.correlation_ids IS NULL THEN e.data
                ELSE e.data || jsonb_strip_nulls(jsonb_build_object('correlation_id', e.correlation_ids[p.place])) END
    FROM own JOIN task_events e ON e.group_id = own.id
         CROSS JOIN LATERAL (SELECT array_position(e.task_ids, CAST(:task AS uuid)) AS place) p
    WHERE e.workspace_id = :workspace AND p.place IS NOT NULL AND e.seq - cardinality(e.task_ids) + p.place > :seq
    ORDER BY seq LIMIT :limit
    """
)


async def after(
    connection: AsyncConnection, workspace: UUID, seq: int, *, task: UUID | None = None, limit: int = 500
) -> list[EventRow]:
    """Return events with a higher number than `seq`, oldest first; of a group those that are higher."""
    values = {"workspace": workspace, "seq": seq, "task": task, "limit": limit}
    return rows_of(EventRow, await connection.execute(_AFTER if task is None else _AFTER_OF_TASK, values))


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


def as_array(texts: Iterable[str]) -> str:
    """Return an array parameter of ids or numbers, which need no quotes."""
    return f"{{{','.join(texts)}}}"
