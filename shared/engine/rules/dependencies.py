"""Do all of a task's dependencies hold, can they still, and which of them does it wait for? Pure.

A plain dependency must be completed, or over where that is enough. Some of several (`at_least` of one entry) hold as soon as
so many of them are completed, and never once too few of them are left. Children that a task has made while it ran are waited
for together until all of them are over, whatever came of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.status import FINISHED, Status

DEAD: frozenset[Status] = frozenset({"failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Dependency:
    """One task that another waits for: until it is completed, or (`any_end`) until it is finished in any way.

    With an `entry` it is one of several tasks of which `at_least` so many must be completed; entry 0 are the plain ones.
    `offset_s` says that the other waits so many seconds more from its end (`finished_at`) on. Above 0, `among` says that it
    is one of so many children of the task that waits; only those that are not over are named.
    """

    task_id: UUID
    status: Status
    any_end: bool = False
    entry: int = 0
    at_least: int = 0
    offset_s: float | None = None
    finished_at: datetime | None = None
    among: int = 0

    @property
    def open(self) -> bool:
        """Return whether a plain one is still waited for."""
        return self.status not in (FINISHED if self.any_end else {"completed"})

    @property
    def in_vain(self) -> bool:
        """Return whether a plain one can never hold any more."""
        return self.status in DEAD and not self.any_end

    @property
    def until(self) -> datetime | None:
        """Return the end of the wait after it; None where that is not known, or nothing is waited for."""
        if self.offset_s is None or self.finished_at is None:
            return None
        return self.finished_at + timedelta(seconds=self.offset_s)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: several tasks, of which some must be completed."""

    number: int
    needed: tuple[Dependency, ...]

    @property
    def at_least(self) -> int:
        """Return how many of them must be completed."""
        return self.needed[0].at_least

    @property
    def completed(self) -> int:
        """Return how many of them are completed."""
        return sum(one.status == "completed" for one in self.needed)

    @property
    def left(self) -> int:
        """Return how many of them are completed or can still be."""
        return sum(one.status not in DEAD for one in self.needed)

    @property
    def open(self) -> bool:
        """Return whether it is still undecided if enough of them will be completed."""
        return self.completed < self.at_least <= self.left


def entries_in(needed: Sequence[Dependency]) -> list[Entry]:
    """Return the entries, in their order."""
    found: dict[int, list[Dependency]] = {}
    for one in needed:
        if one.entry:
            found.setdefault(one.entry, []).append(one)
    return [Entry(number, tuple(found[number])) for number in sorted(found)]


def why_in_vain(needed: Sequence[Dependency]) -> str | None:
    """Return why the dependencies can no longer all hold; None while they can."""
    for one in needed:
        if not one.entry and one.in_vain:
            return f"task {one.task_id} is {one.status}"
    for entry in entries_in(needed):
        if entry.left < entry.at_least:
            return f"{len(entry.needed) - entry.left} of {len(entry.needed)} tasks failed or were cancelled, {_needs(entry)}"
    return None


def waits_for(task: UUID, needed: Sequence[Dependency]) -> Iterator[tuple[str, str]]:
    """Yield what a task still waits for, each as the reason and the key by which it is woken."""
    for one in needed:
        if not one.entry and not one.among and one.open:
            yield f"waits for task {one.task_id}, which is {one.status}", f"task:{one.task_id}"
    for entry in entries_in(needed):
        if entry.open:
            reason = f"waits for {entry.at_least} of {len(entry.needed)} tasks, of which {entry.completed} are completed"
            yield reason, key_of_entry(task, entry.number)
    children = [one for one in needed if one.among and one.open]
    if children:
        yield f"waits for {len(children)} of {children[0].among} children", key_of_children(task)


def key_of_entry(task: UUID, entry: int) -> str:
    """Return the key of a task that waits for an entry; the end of any task of the entry wakes it."""
    return f"task:some:{task}:{entry}"


def key_of_children(task: UUID) -> str:
    """Return the key of a task that waits for its children; the end of the last one wakes it."""
    return f"task:children:{task}"


def latest_end(needed: Sequence[Dependency]) -> Dependency | None:
    """Return the dependency whose offset ends last, if there is one."""
    after = [(one.until, one.task_id, one) for one in needed if one.until is not None]
    return max(after, key=lambda found: found[:2])[-1] if after else None


def _needs(entry: Entry) -> str:
    return f"and {entry.at_least} must be completed"
