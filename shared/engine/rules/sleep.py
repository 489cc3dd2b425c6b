"""Does the system sleep, and when does it wake? Decided from what is due; no I/O.

Sleep delays nothing that is due. It begins when nothing is in flight and nothing will be due soon, and ends when
something is: planned work wakes the system some minutes ahead of its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

# Work that must begin on time: a planned task, the next slot of a schedule.
PLANNED = frozenset({"scheduled", "schedule"})


@dataclass(frozen=True, slots=True)
class Asleep:
    """The system sleeps until `wakes_at`; None: until somebody wakes it, or something unforeseen becomes due."""

    wakes_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Return whether it still sleeps then."""
        return self.wakes_at is None or self.wakes_at > now

    @property
    def reason(self) -> str:
        """Return the reason that held tasks are given."""
        if self.wakes_at is None:
            return "asleep until something is due or somebody wakes it"
        return f"asleep, wakes at {self.wakes_at.isoformat(timespec='seconds')}"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that needs the system awake: when, and what (the trigger that the event of its waking names).

    What a client has named is told to its own workspace (`whose`, `what`) only.
    """

    at: datetime
    trigger: str
    whose: UUID | None = None
    what: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything that the decision needs. `called_off_by` says who ended the sleep while the system was asleep."""

    asked: bool
    asleep: bool
    in_flight: int
    due: Sequence[Due]
    called_off_by: str = "asked"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the system sleeps from now on, until when, and what has woken it if it no longer does.

    While it is only falling asleep, `wakes_at` is the next thing due for which it stays awake.
    """

    asleep: bool
    wakes_at: datetime | None = None
    trigger: str = ""
    woken_by: Due | None = None


def decide(outlook: Outlook, now: datetime, ahead: timedelta) -> Decision:
    """Decide whether to fall asleep, sleep on, wake, or stay awake.

    `ahead` is how long before planned work the system wakes. It does not fall asleep for less than that either: otherwise
    work that is spread over minutes would make it fall asleep and wake between any two actions.
    """
    if not outlook.asked:
        return Decision(asleep=False, trigger=outlook.called_off_by if outlook.asleep else "")
    wake = next_wake(outlook.due, ahead)
    sleeps_on = Decision(asleep=True, wakes_at=None if wake is None else wake.at)
    if outlook.asleep:
        if wake is None or wake.at > now:
            return sleeps_on
        return Decision(asleep=False, trigger=wake.trigger, woken_by=wake)
    busy = outlook.in_flight > 0 or any(one.at <= now + ahead for one in outlook.due)
    ahead_of = [one.at for one in outlook.due if now < one.at <= now + ahead]
    return Decision(asleep=False, wakes_at=min(ahead_of, default=None)) if busy else sleeps_on


def next_wake(due: Sequence[Due], ahead: timedelta) -> Due | None:
    """Return what wakes the system first, and when: ahead of planned work, at its own time for everything else."""
    moments = [replace(one, at=one.at - ahead) if one.trigger in PLANNED else one for one in due]
    return min(moments, key=lambda one: (one.at, one.trigger), default=None)
