"""Approving and rejecting many tasks at once, each by itself: a failure of one does not affect the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.accounts.ability import Abilities
from shared.db.database import Database
from shared.errors import RequestRefused
from shared.identity.caller import Caller
from shared.status import Status
from shared.tasks.approvals.approve import ApprovalWord, approve_task
from shared.tasks.approvals.reject import reject_task


@dataclass(frozen=True, slots=True)
class TaskDecision:
    """Approve the payload that has this hash, or reject the task with this reason."""

    task_id: UUID
    approve: ApprovalWord | None
    reason: str


class Decided(BaseModel):
    """The result of one decision."""

    task_id: UUID
    outcome: Literal["approved", "rejected", "refused"]
    status: Status | None = Field(description="The task's state afterwards; null where it was refused.")
    code: str | None = Field(description="Why it was refused, as the same request for this task alone says it.")
    message: str | None


class AllDecided(BaseModel):
    """The result of each decision, in the order of the request."""

    items: list[Decided]


async def decide_tasks(
    *, database: Database, caller: Caller, decisions: Sequence[TaskDecision], abilities: Abilities
) -> AllDecided:
    """Decide each in a transaction of its own."""
    return AllDecided(items=[await _decide(database, caller, one, abilities) for one in decisions])


async def _decide(database: Database, caller: Caller, one: TaskDecision, abilities: Abilities) -> Decided:
    try:
        if one.approve is not None:
            view = await approve_task(
                database=database, caller=caller, task_id=one.task_id, word=one.approve, abilities=abilities
            )
            return Decided(task_id=one.task_id, outcome="approved", status=view.status, code=None, message=None)
        view = await reject_task(database=database, caller=caller, task_id=one.task_id, reason=one.reason)
    except RequestRefused as error:
        return Decided(task_id=one.task_id, outcome="refused", status=None, code=error.code, message=error.message)
    return Decided(task_id=one.task_id, outcome="rejected", status=view.status, code=None, message=None)
