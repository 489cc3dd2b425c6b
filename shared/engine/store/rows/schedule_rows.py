"""Which kinds of rows are read of schedules?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.engine.rules.approval import Author
from shared.engine.rules.recurrence.schedules import Missed, Overlap


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A recurring task; see `models/schedule.py`."""

    id: UUID
    workspace_id: UUID
    type: str
    type_version: int
    platform: str | None
    account_id: UUID | None
    lane: str
    priority: int
    payload: dict[str, Any]
    payload_hash: str
    resources: dict[str, Any]
    max_retries: int
    approval_required: bool
    recipient: str | None
    rule: str
    zone: str
    starts_at: datetime
    ends_at: datetime | None
    missed: Missed
    overlap: Overlap
    next_at: datetime | None
    created_at: datetime
    targets: list[str] | None
    author: Author
    asked_by: str | None
    asked_by_id: UUID | None
    paused: bool
    exdates: list[str]


@dataclass(frozen=True, slots=True)
class DueSchedule(ScheduleRow):
    """A schedule whose slot `due` has come: how many occurrences wait, and which are running. `version` is the row's."""

    version: str
    due: datetime
    now: datetime
    persona_id: UUID | None
    waiting: int
    active: list[UUID]


@dataclass(frozen=True, slots=True)
class ListedSchedule(ScheduleRow):
    """A schedule with its account's handle."""

    account: str | None
