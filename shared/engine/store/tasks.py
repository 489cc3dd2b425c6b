"""How are tasks stored, found and changed by the gateway?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, bindparam, case, func, literal_column, not_, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from shared.db.events import APPEND, MOVED, TASK_ENTRY, as_json
from shared.db.models import Account, Batch, ChildCount, Task, TaskDependency, TaskProgress
from shared.db.models.task import APPROVED
from shared.db.rows import columns_of, row_or_none, rows_of
from shared.engine.store import new_tasks, parking
from shared.engine.store.dependencies import NewDependency
from shared.engine.store.done_steps import ACTED
from shared.engine.store.rows.task_rows import TaskRow, ViewedTask
from shared.engine.task_filter import TaskFilter
from shared.status import FINISHED, Status
from shared.task_types.payload.reference import Outcome
from shared.task_types.registry import proving_types


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task's state, and since when it is finished."""

    status: Status
    finished_at: datetime | None


_OWN = columns_of(Task, TaskRow)
# A task of a claimed batch is running, though its own row says `queued` (ADR 0045): whoever shows, filters or counts tasks
# says so. Whoever changes one takes it for queued: there is nothing outward to wait for.
_CLAIMED_AT = select(Batch.claimed_at).where(Batch.id == Task.batch_id).scalar_subquery()
_IN_HAND = and_(Task.batch_id.is_not(None), _CLAIMED_AT.is_not(None))
_STATUS = case((_IN_HAND, literal_column("'running'")), else_=Task.status)
_STARTED_AT = case((_IN_HAND, func.coalesce(Task.started_at, _CLAIMED_AT)), else_=Task.started_at)

# A failed task waits again, with all its retries; what its ledger says stays, so that no step is done a second time. One
# that was cancelled waits for its time again, and for somebody who approves it where nobody had.
_REPLAY = text(
    f"""
    WITH held AS MATERIALIZED (SELECT id, status FROM tasks WHERE id = ANY (:ids) ORDER BY id FOR NO KEY UPDATE),
    moved AS (
        UPDATE tasks t SET
               status = CASE WHEN held.status = 'failed' THEN 'pending'
                             WHEN t.approval_required AND NOT t.unfilled AND NOT {APPROVED} THEN 'awaiting_approval'
                             WHEN t.scheduled_for > clock_timestamp() THEN 'scheduled' ELSE 'pending' END,
               error = NULL, finished_at = NULL, expires_at = NULL,
               not_before = CASE WHEN held.status = 'cancelled' AND t.scheduled_for > clock_timestamp()
                                 THEN t.scheduled_for END,
               approval_until = CASE WHEN held.status = 'failed' THEN t.approval_until END,
               due_at = CASE WHEN held.status = 'cancelled' THEN greatest(clock_timestamp(), t.scheduled_for)
                             ELSE clock_timestamp() END,
               rank = t.priority, retry_count = 0, lost_count = 0, cancel_requested = false, acted = {ACTED},
               wake_key = NULL, parked_at = NULL, waits = false, looks = 0
        FROM held WHERE t.id = held.id AND (held.status = 'failed' OR (held.status = 'cancelled' AND :cancelled))
        RETURNING {MOVED}
    ),
    entries AS (
        SELECT workspace_id, task_id, type, data || jsonb_build_object('by', CAST(:by AS text), 'replayed', true) AS data
        FROM ({TASK_ENTRY}) e
        UNION ALL
        SELECT m.workspace_id, m.id, 'approval.requested',
               jsonb_strip_nulls(jsonb_build_object('task_type', m.type, 'platform', m.platform, 'lane', m.lane))
        FROM moved m WHERE m.status = 'awaiting_approval'
    ), {APPEND}
    SELECT id, status, (SELECT count(*) FROM appended) FROM held
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

# Tasks that failed with one of these, over all levels: only because a task that they wait for had failed.
_FALLEN = text(
    """
    WITH RECURSIVE fallen AS (
        SELECT unnest(:ids) AS id
        UNION
        SELECT t.id FROM fallen f JOIN task_dependencies d ON d.depends_on_id = f.id JOIN tasks t ON t.id = d.task_id
        WHERE t.status = 'failed' AND t.error ->> 'code' = 'dependency_failed'
    )
    SELECT id FROM fallen WHERE id <> ALL (:ids) LIMIT :limit
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

# A message that is still on the old lane is stale: its release number is no longer the task's.
_MOVE_LANE = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT id, status FROM tasks WHERE account_id = :account AND lane = :before
          AND status IN ('awaiting_approval', 'scheduled', 'pending', 'queued', 'unknown') ORDER BY id FOR NO KEY UPDATE
    ),
    moved AS (
        UPDATE tasks t SET lane = :after, wake_key = NULL, parked_at = NULL, verify_released = false,
               release_seq = t.release_seq + 1, status = CASE t.status WHEN 'queued' THEN 'pending' ELSE t.status END
        FROM held WHERE t.id = held.id RETURNING {MOVED}, held.status AS was
    ),
    entries AS (SELECT e.* FROM ({TASK_ENTRY}) e JOIN moved m ON m.id = e.task_id WHERE m.was = 'queued'), {APPEND}
    SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM appended)
    """
)

_CHANGE = """
    WITH moved AS (UPDATE tasks t SET {changes} WHERE t.id = :id RETURNING {moved}),
    entries AS (
        SELECT workspace_id, task_id, type, data || CAST(:about AS jsonb) AS data FROM ({entry}) e
        UNION ALL
        SELECT m.workspace_id, m.id, 'approval.requested', jsonb_strip_nulls(jsonb_build_object(
            'task_type', m.type, 'platform', m.platform, 'lane', m.lane)) FROM moved m WHERE CAST(:asks AS boolean)
    ), {append}
    SELECT count(*) FROM appended
"""


async def insert(
    connection: AsyncConnection,
    rows: Sequence[Mapping[str, Any]],
    dependencies: Sequence[NewDependency] = (),
) -> int:
    """Store new tasks, each a row, as `new_tasks.store`; return how many. The last statements of their transaction."""
    return await new_tasks.store(connection, new_tasks.by_shape(rows), dependencies)


async def existing(connection: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these tasks exist (and can be seen)."""
    return set(await types(connection, ids))


async def types(connection: AsyncConnection, ids: Sequence[UUID], workspace: UUID | None = None) -> dict[UUID, str]:
    """Return the type of each of these tasks that exists, can be seen, and is in this workspace."""
    query = select(Task.id, Task.type).where(Task.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    if workspace is not None:
        query = query.where(Task.workspace_id == workspace)
    return {row.id: row.type for row in (await connection.execute(query, {"ids": list(ids)})).all()}


async def states(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, TaskState]:
    """Return the state of each of these tasks."""
    rows = (await connection.execute(select(Task.id, Task.status, Task.finished_at).where(Task.id.in_(ids)))).all()
    return {row.id: TaskState(cast("Status", row.status), row.finished_at) for row in rows}


async def lock(connection: AsyncConnection, task_id: UUID) -> TaskRow | None:
    """Return the task's row, locked until the transaction ends."""
    query = select(*_OWN).where(Task.id == task_id).with_for_update(key_share=True)
    return row_or_none(TaskRow, await connection.execute(query))


async def lock_all(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, TaskRow]:
    """Return the rows of these tasks by id, locked until the transaction ends."""
    query = select(*_OWN).where(Task.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).order_by(Task.id)
    found = await connection.execute(query.with_for_update(key_share=True), {"ids": sorted(ids)})
    return {row.id: row for row in rows_of(TaskRow, found)}


async def change(
    connection: AsyncConnection,
    task_id: UUID,
    changes: Mapping[str, Any],
    *,
    about: Mapping[str, Any] | None = None,
    asks: bool = False,
) -> None:
    """Set columns of one task and append the event of its state; the last statement of its transaction.

    `about` is added to what the event says: who did it, and why. `asks` says that it waits for approval from now on.
    """
    statement = _CHANGE.format(changes=_sets(changes), moved=MOVED, entry=TASK_ENTRY, append=APPEND)
    values = _values(task_id, changes) | {"about": as_json(dict(about or {})), "asks": asks}
    await connection.execute(text(statement), values)


async def note(connection: AsyncConnection, task_id: UUID, changes: Mapping[str, Any]) -> None:
    """Set columns of one task without an event."""
    await connection.execute(text(f"UPDATE tasks t SET {_sets(changes)} WHERE t.id = :id"), _values(task_id, changes))


async def replay(
    connection: AsyncConnection, ids: Sequence[UUID], *, by: str, cancelled: bool = False
) -> dict[UUID, Status]:
    """Let failed tasks wait again, and `cancelled` ones where that is said; answers in which state each was that exists.

    The last statement of its transaction.
    """
    values = {"ids": sorted(set(ids)), "by": by, "cancelled": cancelled}
    rows = (await connection.execute(_REPLAY, values)).all()
    return {row.id: cast("Status", row.status) for row in rows}


async def move_lane(connection: AsyncConnection, account: UUID, before: str, after: str) -> None:
    """Let an account's tasks that wait on one lane wait on another; the last statement of its transaction."""
    await connection.execute(_MOVE_LANE, {"account": account, "before": before, "after": after})


async def failed_because_of(connection: AsyncConnection, ids: Sequence[UUID], limit: int) -> list[UUID]:
    """Return at most so many tasks that failed because one of these had."""
    return sorted((await connection.execute(_FALLEN, {"ids": list(ids), "limit": limit})).scalars())


async def request_cancel(connection: AsyncConnection, task_id: UUID) -> None:
    """Ask the attempt at a task, running or next, not to begin anything outward; what is done already is not held."""
    query = text(f"UPDATE tasks t SET cancel_requested = true, acted = t.acted OR {ACTED} WHERE t.id = :id")
    await connection.execute(query, {"id": task_id})


async def wake(connection: AsyncConnection, key: str) -> None:
    """Wake tasks that are parked on this key, as `parking.wake`; before the event counter is taken."""
    await parking.wake(connection, [key])


async def not_begun(connection: AsyncConnection, account: UUID, kind: str) -> UUID | None:
    """Return the account's oldest task of this type that has not begun yet, if there is one."""
    waiting = (Task.account_id == account, Task.type == kind, Task.status.in_(("pending", "queued")))
    return (await connection.execute(select(Task.id).where(*waiting).order_by(Task.id).limit(1))).scalar_one_or_none()


async def find(connection: AsyncConnection, task_id: UUID) -> ViewedTask | None:
    """Return one task with its account's handle."""
    return row_or_none(ViewedTask, await connection.execute(_viewed().where(Task.id == task_id)))


async def page(connection: AsyncConnection, wanted: TaskFilter, *, before: UUID | None, limit: int) -> list[ViewedTask]:
    """Return tasks, newest first, before an id."""
    query = _viewed()
    if wanted.status is not None:
        query = query.where(*_has_status(wanted.status))
    for column, value in (
        (Task.type, wanted.type),
        (Task.platform, wanted.platform),
        (Account.handle, wanted.account),
        (Task.lane, wanted.lane),
        (Task.parent_id, wanted.parent_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if not wanted.probes:
        query = query.where(Task.type.not_in(proving_types()))
    if before is not None:
        query = query.where(Task.id < before)
    return rows_of(ViewedTask, await connection.execute(query.order_by(Task.id.desc()).limit(limit)))


def _has_status(status: Status) -> tuple[ColumnElement[bool], ...]:
    """Return what holds for tasks in a state, so that the index by state serves it."""
    match status:
        case "queued":
            return Task.status == "queued", not_(_IN_HAND)
        case "running":
            return Task.status.in_(("queued", "running")), or_(Task.status == "running", _IN_HAND)
        case _:
            return (Task.status == status,)


async def counts(connection: AsyncConnection) -> dict[str, tuple[int, int]]:
    """Return how many tasks are in each state: those that do work, and those that only prove a lane."""
    probes = func.count().filter(Task.type.in_(proving_types()))
    query = select(_STATUS.label("status"), func.count() - probes, probes).group_by(literal_column("1"))
    return {row.status: (row[1], row[2]) for row in (await connection.execute(query)).all()}


async def needed_results(connection: AsyncConnection, task_id: UUID) -> dict[UUID, Outcome]:
    """Return the results of the finished tasks on which a task depends."""
    query = (
        select(Task.id, Task.status, Task.result)
        .join(TaskDependency, TaskDependency.depends_on_id == Task.id)
        .where(TaskDependency.task_id == task_id, Task.status.in_(FINISHED))
    )
    rows = (await connection.execute(query)).all()
    return {row.id: Outcome(row.status, row.result if row.status == "completed" else None) for row in rows}


def _viewed() -> Any:
    # With an offset: otherwise a generic plan makes a table of all dependencies, not knowing how few tasks are shown.
    needs = (
        select(TaskDependency.task_id).where(TaskDependency.task_id == Task.id).offset(0).exists().label("has_dependencies")
    )
    parts: list[tuple[Any, Any]] = [
        (literal_column(f"'{name}'"), getattr(TaskProgress, name)) for name in ("step", "done", "total", "unit")
    ]
    far = func.jsonb_build_object(*(part for pair in parts for part in pair))
    progress = select(far).where(TaskProgress.task_id == Task.id).scalar_subquery().label("progress")
    own = [column for column in _OWN if column.name not in {"status", "started_at"}]
    state = _STATUS.label("status"), _STARTED_AT.label("started_at")
    shown = select(*own, *state, Account.handle.label("account"), needs, progress, _children())
    return shown.outerjoin(Account, Account.id == Task.account_id)


def _children() -> Any:
    """Return how many children a task has made, and their outcomes; null where it has made none."""
    named = {"total": "total", "open": "left_open", "completed": "completed", "failed": "failed", "cancelled": "cancelled"}
    sums: list[tuple[Any, Any]] = [
        (literal_column(f"'{name}'"), func.sum(getattr(ChildCount, column))) for name, column in named.items()
    ]
    counted = case((func.count() > 0, func.jsonb_build_object(*(part for pair in sums for part in pair))))
    return select(counted).where(ChildCount.task_id == Task.id).scalar_subquery().label("children")


def _sets(changes: Mapping[str, Any]) -> str:
    json = {"payload", "result", "error", "hours"}
    return ", ".join(f"{name} = {f'CAST(:{name} AS jsonb)' if name in json else f':{name}'}" for name in changes)


def _values(task_id: UUID, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: as_json(v) if isinstance(v, dict) else v for name, v in changes.items()} | {"id": task_id}
