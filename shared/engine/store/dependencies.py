"""How are a task's dependencies stored, and how is it told whether they hold?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Task, TaskDependency
from shared.db.rows import rows_of
from shared.engine.rules.dependencies import Dependency
from shared.status import Status


@dataclass(frozen=True, slots=True)
class NewDependency:
    """What a new task waits for: another until it is completed, or finished in any way, and `offset_s` seconds more.

    Those of one `entry` above 0 wait together: until `at_least` so many of them are completed.
    """

    task_id: UUID
    depends_on_id: UUID
    workspace_id: UUID
    until: Literal["completed", "finished"] = "completed"
    entry: int = 0
    at_least: int | None = None
    offset_s: float | None = None

    def as_row(self) -> dict[str, Any]:
        """Return its columns."""
        return asdict(self)

    def seen(self, status: Status, finished_at: datetime | None = None) -> Dependency:
        """Return it as gates read it, given the other task's state."""
        return _seen(self, status, finished_at)


@dataclass(frozen=True, slots=True)
class DependencyRow:
    """A dependency as it is stored."""

    task_id: UUID
    depends_on_id: UUID
    until: str
    entry: int
    at_least: int | None
    offset_s: float | None


@dataclass(frozen=True, slots=True)
class NeededTask(DependencyRow):
    """The same, with the other task's state."""

    status: Status
    finished_at: datetime | None

    def seen(self) -> Dependency:
        """Return it as gates read it."""
        return _seen(self, self.status, self.finished_at)


_OWN = (
    TaskDependency.task_id,
    TaskDependency.depends_on_id,
    TaskDependency.until,
    TaskDependency.entry,
    TaskDependency.at_least,
    TaskDependency.offset_s,
)
_ORDER = (TaskDependency.entry, TaskDependency.depends_on_id)

# Of what a task `{task}` waits for in one entry: how many it needs, and how each of them stands.
_OF_ENTRY = """SELECT d.at_least, (SELECT f.status FROM tasks f WHERE f.id = d.depends_on_id) AS status
    FROM task_dependencies d WHERE d.task_id = {task} AND d.entry = {entry} OFFSET 0"""
# Whether enough of an entry's tasks are completed, or can never be.
DECIDED = f"""coalesce((
    SELECT count(*) FILTER (WHERE o.status = 'completed') >= max(o.at_least)
        OR count(*) FILTER (WHERE o.status NOT IN ('failed', 'cancelled')) < max(o.at_least) FROM ({_OF_ENTRY}) o), true)"""
# Whether some entry of a task `t` can never hold any more.
DEAD_ENTRY = """EXISTS (
    SELECT FROM (
        SELECT d.entry, d.at_least, (SELECT f.status FROM tasks f WHERE f.id = d.depends_on_id) AS status
        FROM task_dependencies d WHERE d.task_id = t.id AND d.entry > 0 OFFSET 0) o
    GROUP BY o.entry HAVING count(*) FILTER (WHERE o.status NOT IN ('failed', 'cancelled')) < max(o.at_least))"""
# Whether everything that a task `t` waits for holds.
ALL_HOLD = """(NOT EXISTS (
    SELECT FROM task_dependencies d JOIN tasks o ON o.id = d.depends_on_id
    WHERE d.task_id = t.id AND d.entry = 0 AND o.status <> 'completed'
      AND NOT (d.until = 'finished' AND o.status IN ('failed', 'cancelled')))
  AND NOT EXISTS (
    SELECT FROM task_dependencies d JOIN tasks o ON o.id = d.depends_on_id WHERE d.task_id = t.id AND d.entry > 0
    GROUP BY d.entry HAVING count(*) FILTER (WHERE o.status = 'completed') < max(d.at_least)))"""


async def needed(connection: AsyncConnection, ids: Sequence[UUID]) -> list[NeededTask]:
    """Return all open dependencies of these tasks: uncompleted ones, those with an offset, and all entries."""
    counts = or_(Task.status != "completed", TaskDependency.entry > 0, TaskDependency.offset_s.is_not(None))
    query = (
        select(*_OWN, Task.status, Task.finished_at)
        .join(Task, Task.id == TaskDependency.depends_on_id)
        .where(TaskDependency.task_id.in_(ids), counts)
        .order_by(*_ORDER)
    )
    return rows_of(NeededTask, await connection.execute(query))


async def stored(connection: AsyncConnection, ids: Collection[UUID]) -> list[DependencyRow]:
    """Return all dependencies of these tasks, whatever their state; task by task."""
    query = select(*_OWN).where(TaskDependency.task_id.in_(ids)).order_by(TaskDependency.task_id, *_ORDER)
    return rows_of(DependencyRow, await connection.execute(query))


def _seen(row: NewDependency | DependencyRow, status: Status, finished_at: datetime | None) -> Dependency:
    return Dependency(
        row.depends_on_id,
        status,
        any_end=row.until == "finished",
        entry=row.entry,
        at_least=row.at_least or 0,
        offset_s=row.offset_s,
        finished_at=finished_at,
    )
