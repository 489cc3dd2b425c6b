"""How is a task shown?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.engine.rules.approval import Author
from shared.engine.rules.facts import Facts, TaskFacts
from shared.engine.rules.gates import GATES, VERIFY_GATES, Gate, ask
from shared.engine.store import dependencies
from shared.engine.store import facts as stored_facts
from shared.page import View
from shared.status import Status
from shared.task_types.payload.hours import TaskHours
from shared.tasks.needed_view import NOTHING_NEEDED, AfterTaskView, NeededTasksView, NeededView, view_needed

# In these states a gate decides what happens next; an unknown outcome waits for a verification.
GATES_OF: dict[str, tuple[Gate, ...]] = {
    "awaiting_approval": GATES,
    "scheduled": GATES,
    "pending": GATES,
    "unknown": VERIFY_GATES,
}


class Waiting(BaseModel):
    """A closed gate."""

    gate: str
    reason: str
    until: datetime | None = Field(description="When it opens by itself, where that is known.")


class Fault(BaseModel):
    """The last error."""

    code: str
    message: str
    retry_at: datetime | None = None


class Progress(BaseModel):
    """A task's progress."""

    step: str
    done: int
    total: int | None = Field(description="null where nobody knows it.")
    unit: str


class ChildrenView(BaseModel):
    """How many tasks it has made while it ran, and what came of them."""

    total: int
    open: int = Field(description="Not over yet; one of unknown outcome is not.")
    completed: int
    failed: int
    cancelled: int


class TaskView(View):
    """One task."""

    id: UUID
    type: str
    platform: str | None
    account: str | None
    lane: str
    priority: int
    status: Status
    scheduled_for: datetime | None
    not_before: datetime | None
    run_id: UUID | None = Field(None, description="The run that it is part of.")
    parent_id: UUID | None = Field(None, description="The task that made it while it ran.")
    children: ChildrenView | None = Field(None, description="What it has made while it ran; null where that is nothing.")
    hours: TaskHours | None = Field(None, description="The hours in which it may run.")
    waiting_for: list[Waiting]
    dependencies: list[UUID | NeededTasksView] = Field(
        description="What must hold before: tasks that are completed, and of several tasks as many as are needed."
    )
    after: AfterTaskView | None = Field(None, description="From whose end on it waits, and how long.")
    retry_count: int
    max_retries: int
    cancel_requested: bool
    payload: dict[str, Any]
    payload_hash: str = Field("", description="The payload's version: an approval names it.")
    author: Author = Field("person", description="Who wrote its words.")
    asked_by: str | None = Field(None, description="Whose key or name submitted it.")
    progress: Progress | None = Field(None, description="How far it is, where it says so.")
    result: dict[str, Any] | None
    error: Fault | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def closed_gates(facts: TaskFacts, known: Facts) -> list[Waiting]:
    """Return the gates that hold a task now, in their order."""
    asked = ask(GATES_OF.get(facts.status, ()), facts, known)
    return [
        Waiting(gate=gate.name, reason=verdict.reason, until=verdict.until) for gate, verdict in asked if not verdict.open
    ]


def view_task(row: Any, waiting_for: list[Waiting], needed: NeededView = NOTHING_NEEDED) -> TaskView:
    """Return a task's row as it is shown."""
    return TaskView.of(row, waiting_for=waiting_for, dependencies=needed.dependencies, after=needed.after)


def view_archived(document: dict[str, Any]) -> TaskView:
    """Return a task from the archive; it waits for nothing."""
    task = document["task"]
    own = {name: task[name] for name in TaskView.model_fields if name in task}
    return TaskView.model_validate(own | {"waiting_for": []})


async def show_all(connection: AsyncConnection, rows: Sequence[Any]) -> list[TaskView]:
    """Return tasks as they are shown; the facts for their gates are read once for all of them."""
    waiting = [row for row in rows if row.status in GATES_OF]
    known = await stored_facts.load(
        connection,
        lanes=[row.lane for row in waiting],
        accounts=[row.account_id for row in waiting if row.account_id],
        workspaces=[row.workspace_id for row in waiting],
    )
    facts = await stored_facts.task_facts(connection, waiting)
    stored = await dependencies.stored(connection, [row.id for row in rows])
    needed = {task: view_needed(list(own)) for task, own in groupby(stored, key=attrgetter("task_id"))}
    return [
        view_task(row, closed_gates(facts[row.id], known) if row.id in facts else [], needed.get(row.id, NOTHING_NEEDED))
        for row in rows
    ]


async def show_one(connection: AsyncConnection, row: Any) -> TaskView:
    """Return one task as it is shown."""
    return (await show_all(connection, [row]))[0]
