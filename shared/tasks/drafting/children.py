"""How do the tasks that a running one makes become rows? As those of a client would, with what they have of their parent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities
from shared.db import clock
from shared.engine.store.children import Family
from shared.engine.store.dependencies import NewDependency
from shared.engine.store.rows.task_rows import TaskRow
from shared.errors import Conflict, ContentRejected, RequestRefused
from shared.identity.caller import Caller
from shared.tasks.drafting.draft import Drafting, draft
from shared.tasks.drafting.order import TaskOrder, cycle_in

MOST_CHILDREN = 1_000  # that one task makes, in all its steps
MOST_IN_FAMILY = 10_000  # that are made from one task on, over all levels
DEEPEST = 3  # levels below the first task


@dataclass(frozen=True, slots=True)
class Spawning:
    """The step of a running task that makes children, what the connectors can do, and what there is of its family."""

    parent: TaskRow
    step: str
    abilities: Abilities
    family: Family


async def draft_children(
    connection: AsyncConnection, orders: Sequence[TaskOrder], of: Spawning
) -> tuple[list[dict[str, Any]], list[NewDependency]]:
    """Rows for what a step of a running task orders, and what each needs.

    A child has its parent's workspace, run and priority, unless its order names another, and the author of its words: what a
    model or a template says stays theirs. Approvals are as the rules say of such a task, whoever orders it.

    Raises:
        ContentRejected: there are too many or too deep, or one of them is not as it must be.
    """
    _require_room(len(orders), of.family)
    try:
        if (number := cycle_in(list(orders))) is not None:
            message = "These tasks wait for each other in a circle."
            raise Conflict(code="cycle", field=f"tasks[{number}].dependencies", message=message)
        now = await clock.now(connection)
        by = Drafting(_caller(of.parent), of.abilities, of.parent.correlation_id, now, batch=True)
        rows, needed = await draft(connection, [_inheriting(order, of.parent) for order in orders], by)
    except RequestRefused as error:
        message = f"Step {of.step!r} orders what cannot be: {error.field or 'it'}: {error.message}"
        raise ContentRejected(code=error.code, message=message) from error
    return [row | _of_parent(row, of) for row in rows], needed


def _require_room(wanted: int, family: Family) -> None:
    if family.depth >= DEEPEST:
        message = f"Tasks make tasks over {DEEPEST} levels at most; this one lies on the last of them."
        raise ContentRejected(code="too_deep", message=message)
    if family.own + wanted > MOST_CHILDREN:
        message = f"A task makes {MOST_CHILDREN} others at most; these would be {family.own + wanted}."
        raise ContentRejected(code="too_many_children", message=message)
    if family.family + wanted > MOST_IN_FAMILY:
        message = f"From one task on {MOST_IN_FAMILY} are made at most; these would be {family.family + wanted}."
        raise ContentRejected(code="too_many_children", message=message)


def _caller(parent: TaskRow) -> Caller:
    """On whose behalf: the parent's. Words of a model or a template are passed off as nobody else's."""
    author = parent.author if parent.author != "person" else None
    name, answers = parent.asked_by or parent.type, parent.asked_by_id or parent.id
    return Caller(answers, name, parent.workspace_id, frozenset({"submit"}), author=author, behind=answers)


def _inheriting(order: TaskOrder, parent: TaskRow) -> TaskOrder:
    return order if order.priority is not None else replace(order, priority=parent.priority)


def _of_parent(row: dict[str, Any], of: Spawning) -> dict[str, Any]:
    """Return what a child takes from its parent; one that is made again after the database lost data is looked for first."""
    parent, lost_until = of.parent, of.family.lost_until
    doubted = lost_until is not None and (parent.doubted_at is not None or parent.created_at <= lost_until)
    return {
        "parent_id": parent.id,
        "parent_step": of.step,
        "run_id": row["run_id"] or parent.run_id,
        "runs_asleep": parent.runs_asleep,
        "asked_by": parent.asked_by,
        "asked_by_id": parent.asked_by_id,
        "doubted_at": row["created_at"] if doubted else None,
    }
