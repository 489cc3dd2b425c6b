"""How are a task's dependencies shown?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.engine.store.dependencies import DependencyRow, NewDependency


class AtLeastView(BaseModel):
    """At least so many of several tasks."""

    at_least: int


class NeededTasksView(BaseModel):
    """Several tasks that are needed together."""

    tasks: list[UUID]
    need: Literal["any", "settled"] | AtLeastView = Field(
        description="`any`, or at least so many of them, must be completed; `settled`: all of them must be over."
    )


class AfterTaskView(BaseModel):
    """When a task may begin: so many seconds after another one's end."""

    task: UUID
    offset_s: float


@dataclass(frozen=True, slots=True)
class NeededView:
    """The dependencies of one task."""

    dependencies: list[UUID | NeededTasksView] = field(default_factory=list)
    after: AfterTaskView | None = None


NOTHING_NEEDED = NeededView()


def view_needed(rows: Sequence[NewDependency | DependencyRow]) -> NeededView:
    """Return a task's dependencies as they are shown: single tasks first, then those that are needed together."""
    plain = [row for row in rows if not row.entry]
    shown: list[UUID | NeededTasksView] = [row.depends_on_id for row in plain if row.until == "completed"]
    if settled := [row.depends_on_id for row in plain if row.until == "finished"]:
        shown.append(NeededTasksView(tasks=settled, need="settled"))
    for number in sorted({row.entry for row in rows if row.entry}):
        some = [row for row in rows if row.entry == number]
        least = some[0].at_least or 1
        need: Literal["any"] | AtLeastView = "any" if least == 1 else AtLeastView(at_least=least)
        shown.append(NeededTasksView(tasks=[row.depends_on_id for row in some], need=need))
    after = [AfterTaskView(task=row.depends_on_id, offset_s=row.offset_s) for row in plain if row.offset_s is not None]
    return NeededView(shown, after[0] if after else None)
