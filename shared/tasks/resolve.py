"""A person says what came of a task whose outcome nobody could read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.desk import Desk
from shared.db.repositories import effects, tasks
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.tasks.cancel import end_as_cancelled
from shared.tasks.find import find_task, held
from shared.tasks.verify import require_unknown
from shared.tasks.view import TaskView


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says. Without the platform's id a confirmed effect gets one that says so."""

    outcome: Literal["confirmed", "absent"]
    external_id: str | None
    note: str


async def resolve_task(*, desk: Desk, caller: Caller, task_id: UUID, word: Word) -> TaskView:
    """Settle the open effect. Confirmed completes the task; absent lets it be done again, unless it was cancelled.

    Raises:
        NotFound: there is no such task.
        Conflict: its outcome is known, or the platform's id belongs to another effect.
    """
    try:
        async with desk.change(caller.workspace_id) as connection:
            task = await held(connection, task_id)
            require_unknown(task.status)
            ledger = await effects.of_task(connection, task_id)
            effect = next((row for row in ledger if row.outcome in {"intended", "unknown"}), None)
            await _settle(connection, task, effect, word, caller)
    except IntegrityError as error:
        message = "Another effect of this account has this id already."
        raise Conflict(code="external_id_taken", field="external_id", message=message) from error
    return await find_task(desk=desk, caller=caller, task_id=task_id)


async def _settle(connection: AsyncConnection, task: Row[Any], effect: Row[Any] | None, word: Word, caller: Caller) -> None:
    about = {"by": caller.key_name, "note": word.note, "resolved": word.outcome}
    cleared = {"verify_at": None, "verify_released": False}
    if word.outcome == "absent":
        if effect is not None:
            await effects.settle(connection, effect.id, "absent")
        if task.cancel_requested:
            await end_as_cancelled(connection, task, caller, error=None)
            return
        again = {"status": "pending", "error": None, "not_before": None, "due_at": await effects.now(connection)}
        await tasks.change(connection, task.id, again | cleared, about=about)
        return
    external_id = word.external_id or f"told-by-a-person:{task.id}"
    url = effect.target if effect is not None and effect.target.startswith("http") else ""
    finished_at = await effects.now(connection)
    await tasks.wake(connection, f"task:{task.id}")
    if effect is not None:
        await effects.settle(connection, effect.id, "confirmed", receipt={"external_id": external_id})
    result = {"external_id": external_id, "external_url": url, "proof": None}
    done = {"status": "completed", "result": result, "error": None, "finished_at": finished_at}
    await tasks.change(connection, task.id, done | cleared, about=about)
