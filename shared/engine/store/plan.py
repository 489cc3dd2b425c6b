"""What does a forecast need: the waiting tasks, and how long such tasks usually take?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Task
from shared.db.rows import columns_of, rows_of
from shared.engine.store.rows.task_rows import ListedTask, TaskRow

# OFFSET 0: otherwise a generic plan makes a table of all dependencies, since it does not know how few rows are asked for.
_COLUMNS = f"""{", ".join(f"t.{column.name}" for column in columns_of(Task, TaskRow))}, a.handle AS account,
    EXISTS (SELECT FROM task_dependencies d WHERE d.task_id = t.id OFFSET 0) AS has_dependencies"""
_FROM = "tasks t LEFT JOIN accounts a ON a.id = t.account_id"
_PLANNED = "((t.status = 'scheduled' AND t.not_before <= :until) OR t.status = 'awaiting_approval')"
# Parked tasks come last: there may be many more of them than a forecast reads. They are found by workspace and
# lane; by what they wait for alone, a forecast of one lane read 200,000 that are parked on another (400 ms).
_WAITING = f"""
    (SELECT {_COLUMNS} FROM {_FROM} WHERE t.wake_key IS NULL AND (t.status = 'pending' OR {_PLANNED}) {{on}}
     ORDER BY t.rank, t.due_at, t.id LIMIT :limit)
    UNION ALL
    (SELECT {_COLUMNS} FROM {_FROM} WHERE t.wake_key IS NOT NULL AND {_PLANNED} {{on}}
     ORDER BY t.rank, t.due_at, t.id LIMIT :limit)
    UNION ALL
    (SELECT {_COLUMNS} FROM {_FROM} WHERE t.wake_key IS NOT NULL AND t.status = 'pending' {{on}}
     ORDER BY t.workspace_id, t.lane, t.rank, t.due_at, t.id LIMIT :limit)
    LIMIT :limit
    """
_WAITING_ANYWHERE = text(_WAITING.format(on=""))
_WAITING_ON = text(_WAITING.format(on="AND t.workspace_id = :workspace AND t.lane = :lane"))

# Of the last successful attempts, by type and platform; the newest thousand are enough.
_TAKES = text(
    """
    SELECT l.type, l.platform, percentile_cont(0.5) WITHIN GROUP (ORDER BY l.seconds) AS seconds FROM (
        SELECT t.type, t.platform, extract(epoch FROM a.ended_at - a.started_at) AS seconds
        FROM attempts a JOIN tasks t ON t.id = a.task_id
        WHERE a.outcome = 'done' ORDER BY a.id DESC LIMIT 1000) l
    GROUP BY l.type, l.platform
    """
)


async def waiting(connection: AsyncConnection, until: datetime, limit: int) -> list[ListedTask]:
    """Return tasks that have not started and may start before `until`: best first, parked ones last."""
    return rows_of(ListedTask, await connection.execute(_WAITING_ANYWHERE, {"until": until, "limit": limit}))


async def waiting_on(
    connection: AsyncConnection, workspace: UUID, lane: str, until: datetime, limit: int
) -> list[ListedTask]:
    """Return as `waiting`, for one workspace on one lane."""
    values = {"until": until, "limit": limit, "workspace": workspace, "lane": lane}
    return rows_of(ListedTask, await connection.execute(_WAITING_ON, values))


async def usual_seconds(connection: AsyncConnection) -> dict[tuple[str, str | None], float]:
    """Return how long an attempt takes, by (type, platform): the median, in seconds."""
    return {(row.type, row.platform): float(row.seconds) for row in (await connection.execute(_TAKES)).all()}
