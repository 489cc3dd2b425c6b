"""How are runs found, with the state of their tasks, and cancelled?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, Uuid

from shared.db.events import APPEND, MOVED, TASK_ENTRY, as_json
from shared.db.models import Account, Run, Task
from shared.db.rows import columns_of, row_or_none, rows_of
from shared.engine.store import children, tasks
from shared.engine.store.rows.task_rows import TaskRow
from shared.status import Status


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with the platform and handle of the account for which it was begun, where that was one."""

    id: UUID
    kind: str
    name: str
    account_id: UUID | None
    when_credits: int
    state: str
    created_at: datetime
    report: dict[str, Any] | None
    platform: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class RunTask:
    """A task of a run, its state, and the account for which it acts, if it does for one."""

    run_id: UUID
    id: UUID
    status: Status
    platform: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class Carrier:
    """The task that carries a run on, with the run and the account that acts."""

    task: TaskRow
    run_id: UUID
    account_id: UUID
    platform: str


# Archived or not: the tasks of a run stay known.
_TASKS = text(
    """
    SELECT t.run_id, t.id, t.status, t.platform, a.handle AS account
    FROM tasks t LEFT JOIN accounts a ON a.id = t.account_id WHERE t.run_id = ANY (:runs)
    UNION ALL
    SELECT run_id, id, document -> 'task' ->> 'status', document -> 'task' ->> 'platform', document -> 'task' ->> 'account'
    FROM archived_tasks WHERE run_id = ANY (:runs)
    ORDER BY id
    """
).bindparams(bindparam("runs", type_=ARRAY(Uuid)))

_LOCK = text("SELECT id FROM tasks WHERE run_id = :run ORDER BY id FOR NO KEY UPDATE")

_PART = text(
    """
    WITH RECURSIVE part AS (
        SELECT t.id, t.status FROM tasks t WHERE t.id = :first AND t.run_id = :run
        UNION
        SELECT t.id, t.status FROM part p CROSS JOIN LATERAL (
            SELECT w.id FROM task_dependencies d JOIN tasks w ON w.id = d.task_id
            WHERE d.depends_on_id = p.id AND w.run_id = :run
            UNION ALL
            SELECT c.id FROM tasks c WHERE c.parent_id = p.id AND p.status <> 'completed'
        ) n JOIN tasks t ON t.id = n.id
    )
    SELECT id FROM part ORDER BY id
    """
)

# Open and done ones, in the archive too. Refused or abandoned ones may be tried again.
_COMMENTED = text(
    """
    WITH own AS (SELECT o.id FROM accounts a JOIN accounts o USING (persona_id) WHERE a.id = :account)
    SELECT post_path(t.payload ->> 'post_url') FROM tasks t
    WHERE t.account_id IN (SELECT id FROM own) AND t.type = 'comment' AND t.status NOT IN ('failed', 'cancelled')
      AND post_path(t.payload ->> 'post_url') = ANY (:paths)
    UNION
    SELECT commented_path(x.document) FROM archived_tasks x
    WHERE x.document -> 'task' ->> 'type' = 'comment' AND commented_path(x.document) = ANY (:paths)
      AND x.document -> 'task' ->> 'status' = 'completed'
      AND (x.document -> 'task' ->> 'account_id')::uuid IN (SELECT id FROM own)
    """
).bindparams(bindparam("paths", type_=ARRAY(Text)))

_TAKE = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT id FROM tasks
        WHERE account_id = :account AND type = :type AND run_id IS NULL AND hours IS NULL
          AND status IN ('awaiting_approval', 'scheduled', 'pending')
        ORDER BY rank, due_at, id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    ),
    moved AS (
        UPDATE tasks t SET run_id = :run, hours = CAST(:hours AS jsonb) FROM held WHERE t.id = held.id RETURNING {MOVED}
    ),
    entries AS (
        SELECT workspace_id, task_id, type,
               data || jsonb_build_object('by', CAST(:by AS text), 'changed', ARRAY['hours']) AS data
        FROM ({TASK_ENTRY}) e
    ), {APPEND}
    SELECT (SELECT count(*) FROM moved) FROM (SELECT count(*) FROM appended) a
    """
)


async def page(connection: AsyncConnection, *, before: UUID | None, limit: int) -> list[RunRow]:
    """Return runs before an id, newest first."""
    query = _viewed()
    if before is not None:
        query = query.where(Run.id < before)
    return rows_of(RunRow, await connection.execute(query.order_by(Run.id.desc()).limit(limit)))


async def find(connection: AsyncConnection, run_id: UUID) -> RunRow | None:
    """Return one run, with the account for which it was begun."""
    return row_or_none(RunRow, await connection.execute(_viewed().where(Run.id == run_id)))


async def tasks_of(connection: AsyncConnection, runs: Sequence[UUID]) -> dict[UUID, list[RunTask]]:
    """Return the tasks of each of these runs, in the order in which they were made."""
    found: dict[UUID, list[RunTask]] = {}
    for row in rows_of(RunTask, await connection.execute(_TASKS, {"runs": list(runs)})):
        found.setdefault(row.run_id, []).append(row)
    return found


async def lock_carrier(connection: AsyncConnection, task: UUID) -> Carrier | None:
    """Return the task that carries a run, locked until the transaction ends; None where it is gone, or carries none."""
    row = await tasks.lock(connection, task)
    if row is None or row.run_id is None or row.account_id is None or row.platform is None:
        return None
    return Carrier(row, row.run_id, row.account_id, row.platform)


async def parts(connection: AsyncConnection, run_id: UUID, kind: str) -> list[TaskRow]:
    """Return a run's tasks of one type, in the order in which they were made."""
    query = select(*columns_of(Task, TaskRow)).where(Task.run_id == run_id, Task.type == kind).order_by(Task.id)
    return rows_of(TaskRow, await connection.execute(query))


async def newest_part(connection: AsyncConnection, run_id: UUID, kind: str) -> TaskRow | None:
    """Return a run's newest task of one type."""
    query = select(*columns_of(Task, TaskRow)).where(Task.run_id == run_id, Task.type == kind)
    return row_or_none(TaskRow, await connection.execute(query.order_by(Task.id.desc()).limit(1)))


async def report(connection: AsyncConnection, run_id: UUID) -> dict[str, Any] | None:
    """Return what a run's search found, if that is known yet."""
    found: dict[str, Any] | None = (await connection.execute(select(Run.report).where(Run.id == run_id))).scalar_one()
    return found


async def keep_report(connection: AsyncConnection, run_id: UUID, said: dict[str, Any]) -> None:
    """Store what a run's search found."""
    await connection.execute(update(Run).where(Run.id == run_id).values(report=said))


async def commented(connection: AsyncConnection, account_id: UUID, paths: Sequence[str]) -> frozenset[str]:
    """Return under which of these posts the account, or another of its persona, has commented or is about to."""
    rows = await connection.execute(_COMMENTED, {"account": account_id, "paths": list(paths)})
    return frozenset(rows.scalars())


async def take_messages(
    connection: AsyncConnection, window: Carrier, kind: str, *, hours: dict[str, Any], limit: int, by: str
) -> int:
    """Put the account's waiting tasks of a type into a window's run; return how many. Ends its transaction."""
    values = {"account": window.account_id, "type": kind, "run": window.run_id, "hours": as_json(hours)}
    return int((await connection.execute(_TAKE, values | {"limit": limit, "by": by})).scalar_one())


async def part(connection: AsyncConnection, run_id: UUID, first: UUID) -> list[UUID]:
    """Return a task of a run, all that depends on it there over all levels, and what each of them that is to go on has made.

    Empty where it is not in the run.
    """
    return list((await connection.execute(_PART, {"run": run_id, "first": first})).scalars())


async def lock_tasks(connection: AsyncConnection, run_id: UUID) -> tuple[list[UUID], list[UUID]]:
    """Lock all tasks of a run, and what they have made; return the ids of the run's own, and of what is in no such run."""
    own = list((await connection.execute(_LOCK, {"run": run_id})).scalars())
    below = await children.lock_below(connection, own)
    return own, [task for task in below if task not in set(own)]


def _viewed() -> Any:
    own = (Run.id, Run.kind, Run.name, Run.account_id, Run.when_credits, Run.state, Run.created_at, Run.report)
    query = select(*own, Account.platform, Account.handle.label("account"))
    return query.outerjoin(Account, Account.id == Run.account_id)
