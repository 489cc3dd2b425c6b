"""Which tasks has a running task made, how many of them are over, and how are they stored once?

Stored under (task, step) by the attempt that holds the task; a trigger counts them as they end (`child_counts`), in the
statement that ends them, and notes when the last one is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from shared.db.rows import row_or_none, rows_of
from shared.engine.rules.dependencies import Dependency
from shared.engine.store import cancellation
from shared.engine.store.attempts import IS_OWN, Process
from shared.status import Status

_PARENT_CANCELLED = {"code": "parent_cancelled", "message": "The task that made it was cancelled."}

# Tasks before attempts, as everywhere: an attempt that was closed meanwhile makes no children any more.
_HOLD = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT t.id, t.cancel_requested FROM tasks t WHERE t.id = :task AND t.status = 'running' FOR NO KEY UPDATE OF t
    )
    SELECT held.cancel_requested FROM attempts a JOIN held ON held.id = a.task_id
    WHERE a.id = :attempt AND {IS_OWN} AND a.ended_at IS NULL AND a.lease_until > clock_timestamp()
    FOR NO KEY UPDATE OF a
    """
)
_FIND = text("SELECT total, left_open FROM child_counts WHERE task_id = :task AND step = :step")
_IDS = text("SELECT id FROM tasks WHERE parent_id = :task AND parent_step = :step ORDER BY id")
_OUTCOMES = text("SELECT id, status, result, error FROM tasks WHERE parent_id = :task AND parent_step = :step ORDER BY id")
_COUNT = text(
    "INSERT INTO child_counts (task_id, step, workspace_id, attempt_id, total, left_open)"
    " VALUES (:task, :step, :workspace, :attempt, :total, :total)"
)

# How deep a task lies, and how many children it has and all those have with which it was made.
_ROOM = text(
    """
    WITH RECURSIVE above AS (
        SELECT id, parent_id, 0 AS depth FROM tasks WHERE id = :task
        UNION ALL
        SELECT t.id, t.parent_id, a.depth + 1 FROM above a JOIN tasks t ON t.id = a.parent_id
    ),
    family AS (
        SELECT id FROM above WHERE parent_id IS NULL
        UNION ALL
        SELECT t.id FROM family f JOIN tasks t ON t.parent_id = f.id
    )
    SELECT (SELECT max(depth) FROM above) AS depth,
           (SELECT coalesce(sum(total), 0) FROM child_counts WHERE task_id = :task) AS own,
           (SELECT count(*) - 1 FROM family) AS family,
           (SELECT found_at FROM database_losses ORDER BY id DESC LIMIT 1) AS lost_until
    """
)

# Those that are waited for and not over, with how many there are in all.
_OPEN = text(
    """
    SELECT p.id AS parent_id, c.id, c.status, n.total FROM tasks p
    JOIN child_counts n ON n.task_id = p.id AND n.step = p.awaits
    CROSS JOIN LATERAL (
        SELECT t.id, t.status FROM tasks t
        WHERE t.parent_id = p.id AND t.parent_step = p.awaits AND t.status NOT IN ('completed', 'failed', 'cancelled')
        ORDER BY t.id OFFSET 0) c
    WHERE p.id = ANY (:ids) AND n.left_open > 0 ORDER BY p.id, c.id
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

_BELOW = """
    WITH RECURSIVE below AS (
        SELECT t.id FROM tasks t WHERE t.parent_id = ANY (:ids)
        UNION
        SELECT t.id FROM below b JOIN tasks t ON t.parent_id = b.id
    )"""
_LOCK_BELOW = text(
    f"{_BELOW} SELECT t.id FROM tasks t JOIN below USING (id) ORDER BY t.id FOR NO KEY UPDATE OF t"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


@dataclass(frozen=True, slots=True)
class ChildCounts:
    """How many children a step has made, and how many of them are not over."""

    total: int
    left_open: int


@dataclass(frozen=True, slots=True)
class ChildRow:
    """A child, and what came of it."""

    id: UUID
    status: Status
    result: dict[str, Any] | None
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Family:
    """How deep a task lies below the first one, how many children it has, and how many all of them are.

    `lost_until` is when the newest loss of the database was found, where there was one.
    """

    depth: int
    own: int
    family: int
    lost_until: Any


async def lock_attempt(connection: AsyncConnection, who: Process, attempt: tuple[int, UUID]) -> bool | None:
    """Hold a running task of an (attempt, task) until the transaction ends; None where the attempt holds it no more.

    Answers whether somebody has cancelled it.
    """
    attempt_id, task = attempt
    answer = await connection.execute(_HOLD, {"attempt": attempt_id, "task": task} | who.columns)
    found: bool | None = answer.scalar_one_or_none()
    return found


async def find(connection: AsyncConnection, task: UUID, step: str) -> ChildCounts | None:
    """Return how many children a step of a task has made; None where it has not made them yet."""
    return row_or_none(ChildCounts, await connection.execute(_FIND, {"task": task, "step": step}))


async def ids(connection: AsyncConnection, task: UUID, step: str) -> tuple[UUID, ...]:
    """Return the children that a step has made, in the order in which they were ordered."""
    return tuple((await connection.execute(_IDS, {"task": task, "step": step})).scalars())


async def outcomes(connection: AsyncConnection, task: UUID, step: str) -> list[ChildRow]:
    """Return what came of the children of a step, in the order in which they were ordered."""
    return rows_of(ChildRow, await connection.execute(_OUTCOMES, {"task": task, "step": step}))


async def room(connection: AsyncConnection, task: UUID) -> Family:
    """Return what there is of the family of a task already."""
    return rows_of(Family, await connection.execute(_ROOM, {"task": task}))[0]


async def count(connection: AsyncConnection, attempt: tuple[int, UUID], workspace: UUID, step: str, total: int) -> None:
    """Note that a step makes so many children; before they are stored."""
    attempt_id, task = attempt
    values = {"attempt": attempt_id, "task": task, "workspace": workspace, "step": step, "total": total}
    await connection.execute(_COUNT, values)


async def still_open(connection: AsyncConnection, parents: Sequence[UUID]) -> dict[UUID, list[Dependency]]:
    """Return for which of its children each of these tasks waits, as a gate knows them."""
    found: dict[UUID, list[Dependency]] = {}
    for row in (await connection.execute(_OPEN, {"ids": list(parents)})).all():
        found.setdefault(row.parent_id, []).append(Dependency(row.id, row.status, any_end=True, among=row.total))
    return found


async def lock_below(connection: AsyncConnection, tasks: Sequence[UUID]) -> list[UUID]:
    """Lock all that these locked tasks have made, and what that has made, until the transaction ends; return their ids."""
    held: list[UUID] = []
    while True:
        # Whoever was just making some has made them once their task can be held: they are found by another look.
        found = list((await connection.execute(_LOCK_BELOW, {"ids": list(tasks)})).scalars())
        if len(found) == len(held):
            return found
        held = found


async def cancel(connection: AsyncConnection, locked: Sequence[UUID], *, by: str) -> None:
    """Cancel locked tasks because what made them is cancelled."""
    await cancellation.cancel(connection, locked, by=by, error=_PARENT_CANCELLED)
