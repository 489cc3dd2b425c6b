"""A client changes a schedule."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities
from shared.db.database import Database
from shared.db.session import began
from shared.engine.store.rows.schedule_rows import ScheduleRow
from shared.errors import Conflict, NotFound
from shared.identity.caller import Caller
from shared.schedules import repository
from shared.schedules.find import find_schedule
from shared.schedules.order import OF_TASK, end_of, first_due, start_of
from shared.schedules.view import ScheduleView, existing
from shared.tasks.drafting.draft import Drafting, draft
from shared.tasks.drafting.order import TaskOrder

TIMING = ("rule", "zone", "starts_at", "ends_at", "exdates")


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """The changes: columns by name, and the task, if it is replaced."""

    columns: dict[str, Any] = field(default_factory=dict)
    task: TaskOrder | None = None


async def change_schedule(
    *, database: Database, caller: Caller, schedule_id: UUID, change: ScheduleChange, abilities: Abilities
) -> ScheduleView:
    """Change the schedule. With another time or task its occurrences that have not begun are cancelled.

    While it is paused no slot comes; slots of that time are left out when it is resumed.

    Raises:
        NotFound: there is no such schedule.
        Invalid: as `draft`, for its task.
        Conflict: as `first_due`, or something that the change names does not exist.
    """
    async with database.change(caller.workspace_id) as connection:
        schedule = existing(await repository.lock(connection, schedule_id), schedule_id)
        by = Drafting(caller, abilities, "", began(connection), within="task.")
        try:
            changes = await _columns(connection, schedule, change, by)
        except NotFound as error:
            # `NotFound` is used for the schedule alone, so that other errors do not suggest that it is gone.
            raise Conflict(code="names_nothing", field=error.field, message=error.message) from error
        anew = change.task is not None or any(name in change.columns for name in TIMING)
        if changes:
            await repository.change(connection, schedule_id, changes)
        if anew:
            reason = "Its schedule was changed before it began."
            await repository.end_waiting(connection, schedule, "schedule.changed", by=caller.name, reason=reason)
        else:
            await repository.note(connection, schedule, "schedule.changed", by=caller.name)
    return await find_schedule(database=database, caller=caller, schedule_id=schedule_id)


async def _columns(
    connection: AsyncConnection, schedule: ScheduleRow, change: ScheduleChange, by: Drafting
) -> dict[str, Any]:
    """Return the columns of a change; `next_at` is among them where it changes."""
    changes = dict(change.columns)
    if change.task is not None:
        rows, _ = await draft(connection, [change.task], by)
        changes |= {name: rows[0][name] for name in OF_TASK}
    if "starts_at" in changes:
        changes["starts_at"] = start_of(changes["starts_at"], by.now)
    is_paused, is_other = changes.get("paused", schedule.paused), any(name in changes for name in TIMING)
    if change.task is not None or is_other or (schedule.paused and not is_paused):
        timing = {name: changes.get(name, getattr(schedule, name)) for name in TIMING}
        if "ends_at" not in changes and schedule.ends_at == _own_end(schedule):
            timing["ends_at"] = None  # the end was that of the rule: the new one may have another
        changes["ends_at"] = timing["ends_at"] = end_of(timing)
        changes["next_at"] = first_due(timing, by.now)
    if is_paused:
        changes["next_at"] = None
    return changes


def _own_end(schedule: ScheduleRow) -> datetime | None:
    return end_of({name: getattr(schedule, name) for name in TIMING} | {"ends_at": None})
