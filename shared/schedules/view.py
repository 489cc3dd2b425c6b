"""How is a schedule shown?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.engine.rules.recurrence.schedules import Missed, Overlap
from shared.engine.store.rows.schedule_rows import ListedSchedule
from shared.errors import NotFound
from shared.page import View
from shared.schedules import repository
from shared.schedules.repository import OccurrenceRow
from shared.status import Status

LATEST = 5


class Occurrence(View):
    """One slot that became a task."""

    task_id: UUID
    slot: datetime
    status: Status


class ScheduledTask(View):
    """The task of each occurrence."""

    type: str
    platform: str | None
    account: str | None
    lane: str
    priority: int
    resources: dict[str, int]
    max_retries: int
    payload: dict[str, Any]


class ScheduleView(View):
    """A recurring task."""

    id: UUID
    task: ScheduledTask
    rule: str
    zone: str
    starts_at: datetime
    ends_at: datetime | None
    missed: Missed
    overlap: Overlap
    exdates: list[str] = Field(description="What is left out: days and times by the clock of the zone, and instants.")
    paused: bool = Field(description="While it is, no slot comes.")
    next_at: datetime | None = Field(description="null when no slot comes any more, and while it is paused.")
    occurrences: list[Occurrence] = Field(description="The newest of those that are not archived, newest first.")
    created_at: datetime


def view_schedule(row: ListedSchedule, latest: Sequence[OccurrenceRow] = ()) -> ScheduleView:
    """Return a schedule's row, which has its account's handle, as it is shown."""
    return ScheduleView.of(row, task=ScheduledTask.of(row), occurrences=[Occurrence.of(one) for one in latest])


async def show_all(connection: AsyncConnection, rows: Sequence[ListedSchedule]) -> list[ScheduleView]:
    """Return schedules with their newest occurrences."""
    found = await repository.latest(connection, [row.id for row in rows], each=LATEST)
    return [view_schedule(row, found.get(row.id, ())) for row in rows]


def existing(row: ListedSchedule | None, schedule_id: UUID) -> ListedSchedule:
    """Return the row, if there is one.

    Raises:
        NotFound: there is none.
    """
    if row is None:
        raise NotFound(field="schedule", message=f"There is no schedule {schedule_id}.")
    return row
