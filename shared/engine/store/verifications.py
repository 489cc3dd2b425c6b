"""How does the dispatcher find the tasks whose unknown outcome is due to be looked up, and mark them released for it?"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from shared.db.models.task import STREAM
from shared.db.rows import rows_of
from shared.engine.store.release import TASK_COLUMNS
from shared.engine.store.rows.task_rows import UnknownTask

# As with waiting tasks: the first of each line, so that no line holds up another, whatever holds it.
_LOOKED_FOR = "status = 'unknown' AND verify_at IS NOT NULL AND NOT verify_released"
_VERIFIABLE = text(
    f"""
    WITH RECURSIVE line AS (
        (SELECT lane, {STREAM} AS stream, type FROM tasks WHERE {_LOOKED_FOR} ORDER BY lane, {STREAM}, type LIMIT 1)
        UNION ALL
        SELECT n.* FROM line CROSS JOIN LATERAL (
            SELECT t.lane, {STREAM} AS stream, t.type FROM tasks t
            WHERE {_LOOKED_FOR} AND (t.lane, {STREAM}, t.type) > (line.lane, line.stream, line.type)
            ORDER BY t.lane, {STREAM}, t.type LIMIT 1
        ) n
    )
    SELECT c.* FROM line CROSS JOIN LATERAL (
        SELECT {TASK_COLUMNS}, t.verify_at FROM tasks t
        WHERE {_LOOKED_FOR} AND t.lane = line.lane AND {STREAM} = line.stream AND t.type = line.type
          AND t.verify_at <= (SELECT clock_timestamp())
        ORDER BY t.lane, {STREAM}, t.type, t.verify_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    ) c ORDER BY c.verify_at, c.id
    """
)
_RELEASE_VERIFY = text(
    "UPDATE tasks SET verify_released = true, release_seq = release_seq + 1, released_at = (SELECT clock_timestamp()),"
    " published_at = (SELECT clock_timestamp()), publish_count = 1 WHERE id = ANY (:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_POSTPONE_VERIFY = text(
    "UPDATE tasks SET verify_at = clock_timestamp() + make_interval(secs => :wait) WHERE id = ANY (:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def verifiable(connection: AsyncConnection) -> list[UnknownTask]:
    """Return, of each line, the first task whose outcome is unknown and due to be looked up; locked until the end."""
    return rows_of(UnknownTask, await connection.execute(_VERIFIABLE))


async def release(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Mark a verification of these tasks as released."""
    await connection.execute(_RELEASE_VERIFY, {"ids": sorted(ids)})


async def postpone(connection: AsyncConnection, ids: Sequence[UUID], wait_s: float) -> None:
    """Postpone the verification of these tasks by `wait_s` seconds from now."""
    await connection.execute(_POSTPONE_VERIFY, {"ids": sorted(ids), "wait": wait_s})
