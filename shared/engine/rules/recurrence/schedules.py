"""When is a recurring task due next, and what happens to a slot that came late? Pure: the time is an argument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

from shared.engine.rules.recurrence.elapsed import UNITS, instants
from shared.engine.rules.recurrence.exdates import exdates_of
from shared.engine.rules.recurrence.rrule import FIRST_DAY, LAST_DAY, Rule, times

Missed = Literal["skip", "run_once"]
Overlap = Literal["skip", "queue"]
_FOLD = timedelta(days=1)  # the longest span that any zone's local time has repeated


@dataclass(frozen=True)
class Recurrence:
    """A rule in local time of a zone, from `starts_at` on and up to and including `ends_at`.

    Where the rule itself ends, `last_of` says. Slots that `exdates` name are left out (`exdates.py`).

    Slots have the start's second. A local time that the clocks skip moves to the first one after the change;
    of one that occurs twice only the first counts. Rules of hours and minutes count elapsed time instead (`elapsed.py`).
    """

    rule: Rule
    zone: ZoneInfo
    starts_at: datetime
    ends_at: datetime | None = None
    exdates: frozenset[str] = frozenset()

    @cached_property
    def first(self) -> datetime:
        """Return the start on a whole second. One with a fraction means `from now on`: from the next minute on."""
        if not self.starts_at.microsecond:
            return self.starts_at
        return self.starts_at.replace(second=0, microsecond=0) + timedelta(minutes=1)

    @cached_property
    def wall_start(self) -> datetime:
        """Return the start in local time."""
        return self.first.astimezone(self.zone).replace(tzinfo=None)


def _is_left_out(when: Recurrence, slot: datetime) -> bool:
    return bool(when.exdates) and not when.exdates.isdisjoint(exdates_of(slot, slot.astimezone(when.zone)))


def next_slot(when: Recurrence, after: datetime) -> datetime | None:
    """Return the first slot later than `after`; None where there is none, or none within one answer's limit of work."""
    after = max(after, when.first - timedelta(microseconds=1))
    slots = (slot for slot in _from(when, after) if not _is_left_out(when, slot))
    return next((slot if when.ends_at is None or slot <= when.ends_at else None for slot in slots), None)


def last_of(when: Recurrence) -> datetime | None:
    """Return when the rule itself ends: its `until`, or its `count`th slot, excluded ones counted too; None: never.

    Raises:
        ValueError: its count is not reached within one answer's limit of work.
    """
    if when.rule.until is not None:
        until = when.rule.until
        return until if until.tzinfo else instant_of(until, when.zone)
    if when.rule.count is None:
        return None
    whole = replace(when, ends_at=None)
    last = next(islice(_from(whole, when.first - timedelta(microseconds=1)), when.rule.count - 1, None), None)
    if last is None:
        raise ValueError("COUNT is not reached in the years that are looked at: write UNTIL instead.")
    return last


def earliest(*instants: datetime | None) -> datetime | None:
    """Return the first of the given instants; None where there is none."""
    return min((instant for instant in instants if instant is not None), default=None)


def _from(when: Recurrence, after: datetime) -> Iterator[datetime]:
    if when.rule.frequency in UNITS:
        yield from (slot for slot in instants(when.rule, when.zone, when.first, after) if slot > after)
        return
    begin = after.astimezone(when.zone).replace(tzinfo=None)
    # Later instants show an earlier local time only in a fold, whose second passage `instant_of` maps to the first.
    for wall in times(when.rule, when.wall_start, _day_of(begin)):
        if wall < begin.replace(second=0, microsecond=0):
            continue
        slot = instant_of(wall, when.zone)
        if slot > after:
            yield slot


def last_slot(when: Recurrence, due: datetime, now: datetime) -> datetime:
    """Return the newest slot that is not later than `now`, `due` being one that is due: whatever was missed in between."""
    latest = now if when.ends_at is None else min(now, when.ends_at)
    slot = next((slot for slot in _back_from(when, latest) if not _is_left_out(when, slot)), due)
    return max(slot, due)


def _back_from(when: Recurrence, latest: datetime) -> Iterator[datetime]:
    if when.rule.frequency in UNITS:
        yield from instants(when.rule, when.zone, when.first, latest, back=True)
        return
    local = latest.astimezone(when.zone)
    begin = local.replace(tzinfo=None) + (_FOLD if local.fold else timedelta())
    for wall in times(when.rule, when.wall_start, _day_of(begin), back=True):
        slot = instant_of(wall, when.zone)
        if slot <= latest:
            yield slot


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a local time in a zone."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    # The clocks skip it: the first instant with the new offset, to the second.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy for missed slots, and for a slot that comes while an earlier occurrence is not finished."""

    missed: Missed
    overlap: Overlap
    late: timedelta


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier occurrences: how many wait, and whether any is running, released or of unknown outcome."""

    waiting: int = 0
    active: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """The current slot, and whether it becomes a task. `skipped` says why not."""

    slot: datetime
    skipped: Literal["", "missed", "overlap"] = ""


def decide(when: Recurrence, due: datetime, now: datetime, policy: Policy, earlier: Earlier) -> Decision:
    """Return the decision about a schedule whose slot `due` has come: one task for the newest slot, or none."""
    slot = last_slot(when, due, now)
    if policy.missed == "skip" and now - slot > policy.late:
        return Decision(slot, "missed")
    if earlier.waiting or (earlier.active and policy.overlap == "skip"):
        return Decision(slot, "overlap")
    return Decision(slot)


def _day_of(wall: datetime) -> date:
    return min(max(wall.date(), FIRST_DAY), LAST_DAY)
