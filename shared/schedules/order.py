"""What does a client ask for in a recurring task, and when is it due first?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.engine.rules.recurrence.rrule import read_rule
from shared.engine.rules.recurrence.schedules import Missed, Overlap, Recurrence, earliest, last_of, next_slot
from shared.errors import Conflict
from shared.tasks.drafting.order import TaskOrder
from shared.zone import require_zone

# The columns of a drafted task that a schedule keeps for its occurrences.
OF_TASK = (
    "type", "type_version", "platform", "account_id", "lane", "priority", "payload", "payload_hash", "resources",
    "max_retries", "approval_required", "recipient", "targets", "author", "asked_by",
    "asked_by_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScheduleOrder:
    """A recurring task as it was asked for. `starts_at` None is: from now on."""

    task: TaskOrder
    rule: str
    zone: str
    starts_at: datetime | None
    ends_at: datetime | None
    missed: Missed
    overlap: Overlap
    exdates: tuple[str, ...] = ()


def start_of(starts_at: datetime | None, now: datetime) -> datetime:
    """Return the start as it is stored: on a whole second, which each slot has. "From now on" is the next minute."""
    if starts_at is not None:
        return starts_at.replace(microsecond=0)
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def end_of(timing: dict[str, Any]) -> datetime | None:
    """Return when a schedule ends: at `ends_at`, or as its rule does by UNTIL or COUNT, whichever comes first.

    Raises:
        NotFound: there is no such zone.
        Conflict: its COUNT is not reached within the years that are examined.
    """
    require_zone(timing["zone"])
    when = Recurrence(read_rule(timing["rule"]), ZoneInfo(timing["zone"]), timing["starts_at"])
    try:
        return earliest(timing["ends_at"], last_of(when))
    except ValueError as error:
        raise Conflict(code="count_too_far", field="rule", message=str(error)) from error


def first_due(timing: dict[str, Any], now: datetime) -> datetime:
    """Return the first slot after `now` of a rule with its `zone`, `starts_at`, `ends_at` and `exdates`.

    Raises:
        NotFound: there is no such zone.
        Conflict: no further slot comes.
    """
    require_zone(timing["zone"])
    left_out = frozenset(timing["exdates"])
    when = Recurrence(read_rule(timing["rule"]), ZoneInfo(timing["zone"]), timing["starts_at"], timing["ends_at"], left_out)
    found = next_slot(when, now)
    if found is None:
        message = "From now on this rule names no time before its end, or none in the years that are looked at."
        raise Conflict(code="never_due", field="rule", message=message)
    return found
