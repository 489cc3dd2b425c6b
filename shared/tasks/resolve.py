"""A person says what came of a task whose outcome nobody could read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.desk import Desk
from shared.db.repositories import budgets, effects, tasks
from shared.errors import Conflict, Invalid
from shared.identity.caller import Caller
from shared.tasks.cancel import end_as_cancelled
from shared.tasks.find import find_task, held
from shared.tasks.verify import require_unknown
from shared.tasks.view import TaskView


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says. Without the platform's id a confirmed effect gets one that says so.

    `send_again`: what was not done is done now; else the task ends as failed.
    """

    outcome: Literal["confirmed", "absent"]
    external_id: str | None
    note: str
    send_again: bool = False


_LOOKED = {"verify_at": None, "verify_released": False}


async def resolve_task(*, desk: Desk, caller: Caller, task_id: UUID, word: Word) -> TaskView:
    """Settle the open effect. Confirmed completes the task; absent ends it, or has it sent again where that is said.

    Raises:
        NotFound: there is no such task.
        Invalid: it was done and is to be sent again.
        Conflict: its outcome is known, or the platform's id belongs to another effect.
    """
    try:
        async with desk.change(caller.workspace_id) as connection:
            task = await held(connection, task_id)
            require_unknown(task.status)
            if word.outcome == "confirmed" and word.send_again:
                raise Invalid(field="send_again", message="What was done is not sent again.")
            ledger = await effects.of_task(connection, task_id)
            effect = next((row for row in ledger if row.outcome in {"intended", "unknown"}), None)
            if effect is not None:
                await budgets.open_scopes(connection, caller.workspace_id, budgets.scopes_of(effect))
            await _settle(connection, task, effect, word, caller)
    except IntegrityError as error:
        message = "Another effect of this account has this id already."
        raise Conflict(code="external_id_taken", field="external_id", message=message) from error
    return await find_task(desk=desk, caller=caller, task_id=task_id)


async def _settle(connection: AsyncConnection, task: Row[Any], effect: Row[Any] | None, word: Word, caller: Caller) -> None:
    if word.outcome == "absent":
        await _absent(connection, task, effect, word, caller)
        return
    external_id = word.external_id or f"told-by-a-person:{task.id}"
    url = effect.target if effect is not None and effect.target.startswith("http") else ""
    finished_at = await effects.now(connection)
    await tasks.wake(connection, f"task:{task.id}")
    if effect is not None:
        await effects.settle(connection, effect.id, "confirmed", receipt={"external_id": external_id})
    result = {"external_id": external_id, "external_url": url, "proof": None}
    done = {"status": "completed", "result": result, "error": None, "finished_at": finished_at}
    await tasks.change(connection, task.id, done | _LOOKED, about=_said(word, caller))


async def _absent(connection: AsyncConnection, task: Row[Any], effect: Row[Any] | None, word: Word, caller: Caller) -> None:
    now = await effects.now(connection)
    ends = not word.send_again or task.cancel_requested
    if ends:
        await tasks.wake(connection, f"task:{task.id}")
    if effect is not None:
        await effects.settle(connection, effect.id, "absent")
    if task.cancel_requested:
        await end_as_cancelled(connection, task, caller, error=None)
        return
    changes: dict[str, Any] = {"status": "pending", "error": None, "not_before": None, "due_at": now}
    if ends:
        error = {"code": "absent", "message": f"It was not done, says {caller.name}, and was not sent again."}
        changes = {"status": "failed", "error": error, "finished_at": now}
    await tasks.change(connection, task.id, changes | _LOOKED, about=_said(word, caller))


def _said(word: Word, caller: Caller) -> dict[str, Any]:
    return {"by": caller.name, "note": word.note, "resolved": word.outcome}
