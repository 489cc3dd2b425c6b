"""How are schedules stored, found and changed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import events
from shared.db.events import as_json
from shared.db.models import Account, Schedule
from shared.db.rows import columns_of, row_or_none, rows_of
from shared.engine.store import cancellation, children
from shared.engine.store.rows.schedule_rows import ListedSchedule, ScheduleRow
from shared.status import Status

_JSON = frozenset({"payload", "resources"})

_HOLD = text(
    "SELECT id FROM tasks WHERE schedule_id = :id AND status IN ('awaiting_approval', 'scheduled', 'pending', 'queued')"
    " ORDER BY id FOR NO KEY UPDATE"
)

_LATEST = text(
    """
    SELECT s.id, t.id AS task_id, t.schedule_slot AS slot, t.status FROM unnest(CAST(:ids AS uuid[])) AS s(id)
    CROSS JOIN LATERAL (
        SELECT t.id, t.schedule_slot, t.status FROM tasks t WHERE t.schedule_id = s.id
        ORDER BY t.schedule_slot DESC LIMIT :each
    ) t ORDER BY s.id, t.schedule_slot DESC
    """
)


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """One slot of a schedule (`id`) that became a task."""

    id: UUID
    task_id: UUID
    slot: datetime
    status: Status


async def add(connection: AsyncConnection, row: Mapping[str, Any], *, by: str) -> None:
    """Store a schedule with its event; the last statement of its transaction."""
    await connection.execute(insert(Schedule).values(**row))
    await events.append(connection, row["workspace_id"], "schedule.created", {"schedule": str(row["id"]), "by": by})


async def count(connection: AsyncConnection) -> int:
    """Return how many schedules the workspace has."""
    return int((await connection.execute(select(func.count()).select_from(Schedule))).scalar_one())


async def find(connection: AsyncConnection, schedule_id: UUID) -> ListedSchedule | None:
    """Return one schedule with its account's handle."""
    return row_or_none(ListedSchedule, await connection.execute(_viewed().where(Schedule.id == schedule_id)))


async def lock(connection: AsyncConnection, schedule_id: UUID) -> ListedSchedule | None:
    """Return the same, locked until the transaction ends; before any task of it is touched."""
    query = _viewed().where(Schedule.id == schedule_id).with_for_update(of=Schedule, key_share=True)
    return row_or_none(ListedSchedule, await connection.execute(query))


async def page(connection: AsyncConnection, *, before: UUID | None, limit: int) -> list[ListedSchedule]:
    """Return schedules before an id, newest first."""
    query = _viewed()
    if before is not None:
        query = query.where(Schedule.id < before)
    return rows_of(ListedSchedule, await connection.execute(query.order_by(Schedule.id.desc()).limit(limit)))


async def latest(connection: AsyncConnection, ids: Sequence[UUID], *, each: int) -> dict[UUID, list[OccurrenceRow]]:
    """Return the newest occurrences (task_id, slot, status) of each of these schedules."""
    found: dict[UUID, list[OccurrenceRow]] = {}
    for row in rows_of(OccurrenceRow, await connection.execute(_LATEST, {"ids": list(ids), "each": each})):
        found.setdefault(row.id, []).append(row)
    return found


async def change(connection: AsyncConnection, schedule_id: UUID, changes: Mapping[str, Any]) -> None:
    """Set columns of one schedule."""
    sets = ", ".join(f"{name} = {f'CAST(:{name} AS jsonb)' if name in _JSON else f':{name}'}" for name in changes)
    values = {name: as_json(value) if name in _JSON else value for name, value in changes.items()}
    await connection.execute(text(f"UPDATE schedules SET {sets} WHERE id = :id"), values | {"id": schedule_id})


async def remove(connection: AsyncConnection, schedule_id: UUID) -> None:
    """Delete one schedule; its occurrences stay."""
    await connection.execute(text("DELETE FROM schedules WHERE id = :id"), {"id": schedule_id})


async def end_waiting(connection: AsyncConnection, schedule: ScheduleRow, kind: str, *, by: str, reason: str) -> int:
    """Cancel the occurrences that have not begun, with their events and the schedule's own; return how many.

    What one of them has made goes with it; what one has done outside already stands.

    The last statement of its transaction.
    """
    error = {"code": "schedule_changed", "message": reason}
    waiting = list((await connection.execute(_HOLD, {"id": schedule.id})).scalars())
    await children.cancel(connection, await children.lock_below(connection, waiting), by=by)
    ended = await cancellation.cancel(connection, waiting, by=by, error=error)
    await note(connection, schedule, kind, by=by)
    return ended


async def note(connection: AsyncConnection, schedule: ScheduleRow, kind: str, *, by: str) -> None:
    """Append an event of one schedule; the last statement of its transaction."""
    await events.append(connection, schedule.workspace_id, kind, {"schedule": str(schedule.id), "by": by})


def _viewed() -> Any:
    query = select(*columns_of(Schedule, ScheduleRow), Account.handle.label("account"))
    return query.outerjoin(Account, Account.id == Schedule.account_id)
