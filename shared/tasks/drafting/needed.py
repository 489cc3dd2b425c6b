"""Which dependencies does an order have, and how are they stored?

A task that must be completed by itself is a plain dependency; so is each of those that must all be over. The tasks of an
entry, of which some are enough, are stored together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.engine.store.dependencies import NewDependency
from shared.errors import Invalid, NotFound
from shared.tasks.drafting.order import NeededTasks, Other, TaskOrder

MOST_NEEDED = 100  # tasks that one order names, in all its entries


@dataclass(frozen=True, slots=True)
class Known:
    """The ids of the batch by number, the existing others with their types, and their workspace."""

    ids: Sequence[UUID]
    others: Mapping[UUID, str]
    workspace_id: UUID

    def find(self, other: Other) -> UUID | None:
        """Return the task that is named; None where there is no such."""
        if isinstance(other, int):
            return self.ids[other] if other < len(self.ids) else None
        return other if other in self.others else None


def needed_by(task: UUID, order: TaskOrder, known: Known, field: str) -> list[NewDependency]:
    """Return what an order needs; `field` precedes the names of what is wrong.

    Raises:
        NotFound: it names a task that does not exist.
        Invalid: it names too many, or needs more of some than there are.
    """
    found = _found(order, known, field)
    if len(found) > MOST_NEEDED:
        message = f"A task names {MOST_NEEDED} others at most; these are {len(found)}."
        raise Invalid(code="too_many", field=f"{field}dependencies", message=message)
    plain: dict[UUID, NewDependency] = {}
    some: list[NewDependency] = []
    for place, needed in enumerate(order.dependencies):
        if not isinstance(needed, NeededTasks):
            plain[found[needed]] = NewDependency(task, found[needed], known.workspace_id)
            continue
        ids = list(dict.fromkeys(found[other] for other in needed.tasks))
        least = _at_least(needed, ids, f"{field}dependencies[{place}].need.at_least")
        for other in ids:
            if least is not None:
                some.append(NewDependency(task, other, known.workspace_id, entry=place + 1, at_least=least))
            elif needed.need == "settled":
                plain.setdefault(other, NewDependency(task, other, known.workspace_id, until="finished"))
            else:
                plain[other] = NewDependency(task, other, known.workspace_id)
    if order.after is not None:
        other = found[order.after.task]
        plain[other] = NewDependency(task, other, known.workspace_id, offset_s=order.after.offset_s)
    return [*plain.values(), *some]


def _found(order: TaskOrder, known: Known, field: str) -> dict[Other, UUID]:
    found: dict[Other, UUID] = {}
    for named, where in order.named():
        other = known.find(named)
        if other is None:
            said = f"#{named}" if isinstance(named, int) else str(named)
            raise NotFound(field=f"{field}{where}", message=f"There is no task {said}.")
        found[named] = other
    return found


def _at_least(needed: NeededTasks, ids: Sequence[UUID], field: str) -> int | None:
    """Return how many of an entry's tasks must be completed; None where it is all of them, or each must only be over."""
    if not isinstance(needed.need, int):
        return None
    if needed.need > len(ids):
        raise Invalid(code="need", field=field, message=f"These are {len(ids)} tasks, and {needed.need} are needed.")
    return None if needed.need == len(ids) else needed.need
