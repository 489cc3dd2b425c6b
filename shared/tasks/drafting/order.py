"""What does a client ask for when it submits a task?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.engine.rules.approval import Author
from shared.task_types.hours import TaskHours
from shared.task_types.spec import AnySpec, Payload


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """One task as it was asked for.

    `dependencies` are ids of tasks, or the numbers of other orders of the same batch. `priority` None is the type's own.
    `author` says who wrote its words; None: as the caller brings them.
    """

    spec: AnySpec
    payload: Payload
    platform: str | None = None
    account: str | None = None
    priority: int | None = None
    scheduled_for: datetime | None = None
    dependencies: tuple[UUID | int, ...] = ()
    credits: int = 0
    max_retries: int = 3
    author: Author | None = None
    hours: TaskHours | None = None


def cycle_in(orders: list[TaskOrder]) -> int | None:
    """The number of an order that waits for itself through others of its batch; None where there is none."""
    needs = {i: [d for d in order.dependencies if isinstance(d, int)] for i, order in enumerate(orders)}
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
