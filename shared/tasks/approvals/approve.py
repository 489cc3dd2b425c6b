"""Approving a task: exactly this payload, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities
from shared.approvals.rules import asks_for_four_eyes
from shared.db import clock
from shared.db.database import Database
from shared.engine.store import approvals, tasks
from shared.engine.store.rows.task_rows import TaskRow
from shared.errors import Conflict, Invalid
from shared.identity.caller import Caller, NotAllowed
from shared.tasks.change import BEFORE_RELEASE, new_payload
from shared.tasks.drafting.draft import approved_now, at_its_time
from shared.tasks.find import find_task, held
from shared.tasks.view import TaskView


@dataclass(frozen=True, slots=True)
class ApprovalWord:
    """The payload that was seen (its hash), and what replaces it from now on, if anything."""

    payload_hash: str
    payload: Mapping[str, Any] | None = None


async def approve_task(
    *, database: Database, caller: Caller, task_id: UUID, word: ApprovalWord, abilities: Abilities
) -> TaskView:
    """Let the task go on to its time, with the payload that was seen or the one with which the approver replaces it.

    Raises:
        NotFound: there is no such task.
        Conflict: it does not wait for approval, has another payload by now, or is of another type than the new one.
        NotAllowed: the caller may approve and not edit, or has ordered what AI wrote, where four eyes are required.
        NotFound, Invalid: as `lane_of`, for the new payload; it refers to other tasks.
    """
    async with database.change(caller.workspace_id) as connection:
        task = await held(connection, task_id)
        require_waiting(task)
        _require_seen(task, word)
        await _require_other_eyes(connection, caller, task, word)
        changes: dict[str, Any] = {}
        if word.payload is not None:
            _require_editor(caller)
            changes = await new_payload(connection, task, word.payload, task.author, abilities)
            _require_filled(changes)
        changes |= approved_now(asdict(task) | changes)
        changes |= {"approval_until": None, "wake_key": None, "parked_at": None}
        if task.status == "awaiting_approval":
            changes |= at_its_time(task.scheduled_for, await clock.now(connection))
        about = {"by": caller.name, "approved": True, "payload_hash": changes["approved_hash"]}
        await tasks.change(connection, task_id, changes, about=about)
    return await find_task(database=database, caller=caller, task_id=task_id)


def require_waiting(task: TaskRow) -> None:
    """Check that a task waits for approval, for its first one or for another since an edit voided it.

    Raises:
        Conflict: it does not wait for approval.
    """
    waits = task.approval_required and not task.unfilled and not approvals.stands(task)
    if not waits or task.status not in BEFORE_RELEASE:
        raise Conflict(code="not_awaiting_approval", message=f"The task is {task.status} and waits for nobody's approval.")


def _require_seen(task: TaskRow, word: ApprovalWord) -> None:
    if word.payload_hash != task.payload_hash:
        message = "The task's payload is another one by now: look at it again, and approve what you see."
        raise Conflict(code="other_version", field="payload_hash", message=message)


def _require_filled(changes: dict[str, Any]) -> None:
    if changes["unfilled"]:
        message = "Write the text itself: what is approved is what goes out."
        raise Invalid(code="reference", field="payload", message=message)


async def _require_other_eyes(connection: AsyncConnection, caller: Caller, task: TaskRow, word: ApprovalWord) -> None:
    """Check, where four eyes are required, that the approver has not ordered the task, and changes nothing of it."""
    if task.author != "ai" or not await asks_for_four_eyes(connection, caller.workspace_id):
        return
    if caller.kind != "person" or word.payload is not None or task.asked_by_id in {None, caller.answers}:
        message = "AI wrote this: it is approved, as it is, by a person other than who ordered or changed it."
        raise NotAllowed(code="four_eyes", message=message)


def _require_editor(caller: Caller) -> None:
    if caller.author == "ai":
        raise NotAllowed(message="Your key brings words of AI, and those are approved by somebody else.")
    if "submit" not in caller.scopes:
        raise NotAllowed(message="To write another payload in its place needs a key with the scope 'submit'.")
