"""What does a client ask for when it submits a task?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.engine.rules.approval import Author
from shared.task_types.payload.hours import TaskHours
from shared.task_types.spec import AnySpec, Payload

# A task by its id, or another order of the same batch by its number.
Other = UUID | int


@dataclass(frozen=True, slots=True)
class NeededTasks:
    """Several tasks, and what must hold: `all` or so many of them are completed, or all are over (`settled`)."""

    tasks: tuple[Other, ...]
    need: Literal["all", "settled"] | int


@dataclass(frozen=True, slots=True)
class AfterTask:
    """A wait of so many seconds after the end of another task, which must be completed."""

    task: Other
    offset_s: float


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """One task as it was asked for.

    Each of `dependencies` must hold; a single task must be completed. `priority` None is the type's own. `author` says who
    wrote its texts; None: the caller's own author.
    """

    spec: AnySpec
    payload: Payload
    platform: str | None = None
    account: str | None = None
    priority: int | None = None
    scheduled_for: datetime | None = None
    dependencies: tuple[Other | NeededTasks, ...] = ()
    after: AfterTask | None = None
    credits: int = 0
    max_retries: int = 3
    author: Author | None = None
    hours: TaskHours | None = None

    @property
    def names_others(self) -> bool:
        """Return whether it names any other task."""
        return bool(self.dependencies) or self.after is not None

    def named(self) -> Iterator[tuple[Other, str]]:
        """Return every task that it names, with the field in which it does."""
        for place, needed in enumerate(self.dependencies):
            if isinstance(needed, NeededTasks):
                yield from ((other, f"dependencies[{place}].tasks[{number}]") for number, other in enumerate(needed.tasks))
            else:
                yield needed, f"dependencies[{place}]"
        if self.after is not None:
            yield self.after.task, "after.task"


def cycle_in(orders: list[TaskOrder]) -> int | None:
    """Return the number of an order that waits for itself through others of its batch; None where there is none."""
    if not any(order.names_others for order in orders):
        return None
    needs = {i: [other for other, _ in order.named() if isinstance(other, int)] for i, order in enumerate(orders)}
    needed_by: dict[int, list[int]] = {}
    for i, needed in needs.items():
        for other in needed:
            needed_by.setdefault(other, []).append(i)
    left = {i: len(needed) for i, needed in needs.items()}
    free = [i for i, count in left.items() if count == 0]
    while free:
        for i in needed_by.get(free.pop(), ()):
            left[i] -= 1
            if left[i] == 0:
                free.append(i)
    return min((i for i, count in left.items() if count > 0), default=None)
