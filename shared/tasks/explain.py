"""Why does a task not run yet, and when may it start?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.database import Database
from shared.engine.rules.gates import GATES, ask
from shared.engine.rules.plan import Planned
from shared.engine.store import facts as stored_facts
from shared.engine.store import plan as rows
from shared.engine.store import tasks
from shared.engine.store.rows.task_rows import ViewedTask
from shared.identity.caller import Caller
from shared.status import Status
from shared.tasks.find import existing
from shared.tasks.plan import MOST_TASKS, forecast
from shared.tasks.view import GATES_OF

FORECAST = timedelta(days=7)
LATEST = datetime(9999, 12, 31, tzinfo=UTC) - FORECAST  # the last year of any calendar


class GateState(BaseModel):
    """The present state of one gate."""

    gate: str
    open: bool
    reason: str
    until: datetime | None


class Explanation(BaseModel):
    """Every gate, in the order in which they are asked."""

    status: Status = Field(description="The state in which the task is.")
    gates: list[GateState]
    expected_start: datetime | None = Field(
        description="null where a closed gate does not say when it opens, and of what has begun or is over."
    )
    reason: str = Field(description="Why nobody can say when it starts, where `expected_start` is null; else empty.")


async def explain_task(*, database: Database, caller: Caller, task_id: UUID) -> Explanation:
    """Ask every gate for the task.

    Raises:
        NotFound: there is no such task.
    """
    async with database.read(caller.workspace_id) as connection:
        task = existing(await tasks.find(connection, task_id), task_id)
        ids = [task.account_id] if task.account_id else []
        known = await stored_facts.load(connection, lanes=[task.lane], accounts=ids, workspaces=[task.workspace_id])
        facts = (await stored_facts.task_facts(connection, [task]))[task_id]
        facts = await stored_facts.with_words(connection, task, facts, known)
        known = await stored_facts.count(connection, facts, known)
        plan = await _forecast(connection, task, known.now) if task.status in GATES_OF else None
    states = [
        GateState(gate=gate.name, open=verdict.open, reason=verdict.reason, until=verdict.until)
        for gate, verdict in ask(GATES_OF.get(task.status, GATES), facts, known)
    ]
    planned = {one.task: one for one in await asyncio.to_thread(plan)} if plan else {}
    starts, reason = None, f"the task is {task.status}" if plan is None else ""
    if own := planned.get(task_id):
        starts, reason = own.starts_at, own.reason
    return Explanation(status=task.status, gates=states, expected_start=starts, reason=reason)


async def _forecast(connection: AsyncConnection, task: ViewedTask, now: datetime) -> Callable[[], list[Planned]]:
    """Return the plan of the task with all that is before it, or alone where it is far ahead of them."""
    until = min(max(now, task.not_before or now), LATEST) + FORECAST
    waiting = list(await rows.waiting_on(connection, task.workspace_id, task.lane, until, MOST_TASKS))
    if task.id not in {row.id for row in waiting}:
        waiting = [*waiting[: MOST_TASKS - 1], task]
    return await forecast(connection, waiting, until)
