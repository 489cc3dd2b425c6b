"""How is a run shown?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import NotFound
from shared.runs import repository
from shared.runs.report import nothing_done
from shared.runs.repository import RunRow, RunTask
from shared.status import STATUSES, Status
from shared.task_types.comment_run import Skip

RunWord = Literal["waiting", "running", "completed", "partial", "failed", "cancelled"]
NOT_BEGUN: frozenset[Status] = frozenset({"awaiting_approval", "scheduled", "pending"})


class RunReport(BaseModel):
    """The result of a run's search, and how many posts were left out."""

    found: int
    complete: bool = Field(description="False where time ended the search.")
    skipped: dict[Skip, int] = Field(description="How many posts were left out, by the first reason against each.")
    message: str = Field(description="Why nothing is commented on; empty where something is.")


class RunAccount(BaseModel):
    """An account that acts in a run."""

    platform: str
    account: str


class RunView(BaseModel):
    """A piece of work made of many tasks."""

    id: UUID
    kind: str
    name: str
    platform: str | None = Field(description="Of the account for which it was begun; null where it was for none or many.")
    account: str | None
    accounts: list[RunAccount] = Field(description="All that act in it, each once.")
    status: RunWord = Field(
        description="`partial`: all have ended, and some are completed; `cancelled`: none is, since it was cancelled."
    )
    counts: dict[Status, int] = Field(description="How many of its tasks are in each state.")
    task_ids: list[UUID] = Field(description="In the order in which they were made.")
    report: RunReport | None = Field(
        None, description="What a search found, once it is over; the task's result says the rest."
    )
    created_at: datetime


async def show_all(connection: AsyncConnection, rows: Sequence[RunRow]) -> list[RunView]:
    """Return runs as they are shown; their tasks are read once for all of them."""
    tasks = await repository.tasks_of(connection, [row.id for row in rows])
    return [_show(row, tasks.get(row.id, [])) for row in rows]


def existing(row: RunRow | None, run_id: UUID) -> RunRow:
    """Return the row, if there is one.

    Raises:
        NotFound: there is none.
    """
    if row is None:
        raise NotFound(field="run", message=f"There is no run {run_id}.")
    return row


def _show(row: RunRow, tasks: Sequence[RunTask]) -> RunView:
    counted = Counter(task.status for task in tasks)
    return RunView(
        id=row.id,
        kind=row.kind,
        name=row.name,
        platform=row.platform,
        account=row.account,
        accounts=_accounts_in(row, tasks),
        status=status_of(row.state, counted),
        counts={status: counted[status] for status in STATUSES},
        task_ids=[task.id for task in tasks],
        report=None if row.report is None else _report(row.report),
        created_at=row.created_at,
    )


def _accounts_in(row: RunRow, tasks: Sequence[RunTask]) -> list[RunAccount]:
    """Return the account for which it was begun, and those of its tasks in the order in which these were made."""
    found = dict.fromkeys([(row.platform, row.account), *((one.platform, one.account) for one in tasks)])
    return [RunAccount(platform=platform, account=account) for platform, account in found if platform and account]


def _report(stored: dict[str, Any]) -> RunReport:
    return RunReport(**stored, message=nothing_done(stored["found"], stored["skipped"]))


def status_of(state: str, counted: Counter[Status]) -> RunWord:
    """Return the stored state; an open run is waiting until one of its tasks is released."""
    if state != "open":
        return cast("RunWord", state)
    return "waiting" if counted.total() == sum(counted[status] for status in NOT_BEGUN) else "running"
