"""Why does a task not run yet, and when may it start?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from shared.db.desk import Desk
from shared.db.repositories import tasks, world
from shared.identity.caller import Caller
from shared.scheduling.gates import GATES, ask
from shared.tasks.find import existing
from shared.tasks.view import GATES_OF


class GateState(BaseModel):
    """What one gate says now."""

    gate: str
    open: bool
    reason: str
    until: datetime | None


class Explanation(BaseModel):
    """Every gate, in the order in which they are asked."""

    gates: list[GateState]
    expected_start: datetime | None = Field(description="null where a closed gate does not say when it opens.")


async def explain_task(*, desk: Desk, caller: Caller, task_id: UUID) -> Explanation:
    """Ask every gate for the task.

    Raises:
        NotFound: there is no such task.
    """
    async with desk.read(caller.workspace_id) as connection:
        task = existing(await tasks.find(connection, task_id), task_id)
        ids = [task.account_id] if task.account_id else []
        known = await world.load(connection, lanes=[task.lane], accounts=ids)
        facts = (await world.task_facts(connection, [task]))[task_id]
        facts = await world.with_words(connection, task, facts, known)
        known = await world.count(connection, facts, known)
    states = [
        GateState(gate=gate.name, open=verdict.open, reason=verdict.reason, until=verdict.until)
        for gate, verdict in ask(GATES_OF.get(task.status, GATES), facts, known)
    ]
    return Explanation(gates=states, expected_start=task.started_at or _expected(states, known.now))


def _expected(states: list[GateState], now: datetime) -> datetime | None:
    """The last instant at which a closed gate opens; none where one does not say."""
    opens = [state.until for state in states if not state.open]
    known = [until for until in opens if until is not None]
    return max(known, default=now) if len(known) == len(opens) else None
