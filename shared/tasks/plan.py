"""When will waiting tasks start?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.database import Database
from shared.db.session import began
from shared.engine.rules.plan import Planned, Waiting, plan
from shared.engine.store import facts as stored_facts
from shared.engine.store import plan as rows
from shared.engine.store.limits import budgets
from shared.engine.store.rows.task_rows import ListedTask
from shared.identity.caller import Caller

MOST_TASKS = 1_000
FIRST_GUESS_S = 5.0  # the duration of a task of a kind of which none has ended yet


class PlannedTask(BaseModel):
    """One waiting task with its forecast."""

    task_id: UUID
    type: str
    platform: str | None
    account: str | None
    lane: str
    expected_start: datetime | None = Field(description="null where no gate says when it opens; `reason` says which.")
    expected_end: datetime | None
    reason: str


class PlanView(BaseModel):
    """The forecast for the next hours, from what is known at `as_of`."""

    as_of: datetime
    until: datetime
    complete: bool = Field(description="false where more tasks wait than are looked at.")
    items: list[PlannedTask]


async def show_plan(*, database: Database, caller: Caller, hours: int) -> PlanView:
    """Return the expected start of the workspace's waiting tasks, at most 1,000, best first."""
    async with database.read(caller.workspace_id) as connection:
        as_of = began(connection)
        until = as_of + timedelta(hours=hours)
        waiting = await rows.waiting(connection, until, MOST_TASKS + 1)
        plan = await forecast(connection, waiting[:MOST_TASKS], until)
    planned = await asyncio.to_thread(plan)
    by_id = {row.id: row for row in waiting}
    return PlanView(
        as_of=as_of,
        until=until,
        complete=len(waiting) <= MOST_TASKS,
        items=[_shown(one, by_id[one.task]) for one in planned],
    )


async def forecast(
    connection: AsyncConnection, waiting: Sequence[ListedTask], until: datetime
) -> Callable[[], list[Planned]]:
    """Return a function that makes the plan for these rows from facts of this moment.

    Calling it takes up to a second of processor time: do so in a thread, and after the transaction.
    """
    accounts = {row.account_id for row in waiting if row.account_id}
    workspaces = {row.workspace_id for row in waiting}
    known = await stored_facts.load(
        connection, lanes=[row.lane for row in waiting], accounts=accounts, workspaces=workspaces
    )
    facts = await stored_facts.task_facts(connection, waiting)
    takes = await rows.usual_seconds(connection)
    workspace_of = {row.account_id: row.workspace_id for row in waiting if row.account_id}
    ledger = {key: await budgets.ledger(connection, workspace_of[key], account) for key, account in known.accounts.items()}
    asked = [
        Waiting(facts[row.id], row.rank, row.due_at, takes.get((row.type, row.platform), FIRST_GUESS_S)) for row in waiting
    ]
    return partial(plan, asked, known, ledger, until)


def _shown(one: Planned, row: ListedTask) -> PlannedTask:
    return PlannedTask(
        task_id=one.task,
        type=row.type,
        platform=row.platform,
        account=row.account,
        lane=row.lane,
        expected_start=one.starts_at,
        expected_end=one.ends_at,
        reason=one.reason,
    )
