"""A person settles a task whose outcome could not be read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import clock
from shared.db.constraint import EXTERNAL_ID, violated
from shared.db.database import Database
from shared.engine.store import effects, tasks
from shared.engine.store.limits import budgets
from shared.engine.store.rows.effect_rows import EffectRow
from shared.engine.store.rows.task_rows import TaskRow
from shared.errors import Conflict, Invalid
from shared.identity.caller import Caller
from shared.task_types.registry import TASK_TYPES
from shared.tasks.cancel import end_as_cancelled
from shared.tasks.find import find_task, held
from shared.tasks.verify import require_unknown
from shared.tasks.view import TaskView

# The id of an effect that a person has seen without naming its id: no id on a platform begins so.
TOLD = "told-by-a-person:"


@dataclass(frozen=True, slots=True)
class Word:
    """A person's statement. Without the platform's id a confirmed effect gets one that begins with `TOLD`.

    `send_again`: an absent effect is sent again; else the task ends as failed.
    """

    outcome: Literal["confirmed", "absent"]
    external_id: str | None
    note: str
    send_again: bool = False


_GOES_ON = {"status": "pending", "error": None, "verify_at": None, "verify_released": False}


async def resolve_task(*, database: Database, caller: Caller, task_id: UUID, word: Word) -> TaskView:
    """Settle the open effect. After `confirmed` the task goes on with what follows; `absent` ends it, or sends it again.

    Raises:
        NotFound: there is no such task.
        Invalid: it was done and is to be sent again, or it needs the platform's id and none is given.
        Conflict: its outcome is known, or the platform's id belongs to another effect.
    """
    try:
        async with database.change(caller.workspace_id) as connection:
            task = await held(connection, task_id)
            require_unknown(task.status)
            _require_whole(task, word)
            ledger = await effects.of_task(connection, task_id)
            effect = next((row for row in ledger if row.outcome in {"intended", "unknown"}), None)
            if effect is None:
                message = "What came of it has become known; the task goes on by itself."
                raise Conflict(code="not_unknown", message=message)
            await budgets.open_scopes(connection, caller.workspace_id, budgets.scopes_of(effect))
            if word.outcome == "confirmed":
                done = {row.step for row in ledger if row.outcome == "confirmed"} | {effect.step}
                await _confirmed(connection, task, effect, word, caller, done=done)
            else:
                await _absent(connection, task, effect, word, caller)
    except IntegrityError as error:
        if violated(error) != EXTERNAL_ID:
            raise
        message = "Another effect of this account has this id already."
        raise Conflict(code="external_id_taken", field="external_id", message=message) from error
    return await find_task(database=database, caller=caller, task_id=task_id)


def _require_whole(task: TaskRow, word: Word) -> None:
    if word.outcome == "confirmed" and word.send_again:
        raise Invalid(field="send_again", message="What was done is not sent again.")
    if word.outcome == "confirmed" and word.external_id is None and TASK_TYPES[task.type].goes_on_by_id:
        message = f"A {task.type} goes on with what the platform made: say its id."
        raise Invalid(code="id_needed", field="external_id", message=message)


async def _confirmed(
    connection: AsyncConnection, task: TaskRow, effect: EffectRow, word: Word, caller: Caller, *, done: set[str]
) -> None:
    now = await clock.now(connection)
    receipt = {
        "external_id": word.external_id or f"{TOLD}{effect.id}",
        "external_url": effect.target if effect.target.startswith("http") else "",
    }
    await effects.settle(connection, effect.id, "confirmed", receipt=receipt)
    acted = TASK_TYPES[task.type].is_done_by(done)
    changes = _GOES_ON | {"not_before": None, "due_at": now, "acted": acted}
    await tasks.change(connection, task.id, changes, about=_said(word, caller))


async def _absent(connection: AsyncConnection, task: TaskRow, effect: EffectRow, word: Word, caller: Caller) -> None:
    now = await clock.now(connection)
    ends = not word.send_again or task.cancel_requested
    if ends:
        await tasks.wake(connection, f"task:{task.id}")
    await effects.settle(connection, effect.id, "absent")
    if task.cancel_requested:
        await end_as_cancelled(connection, task, caller, error=None)
        return
    changes: dict[str, Any] = _GOES_ON | {"not_before": None, "due_at": now}
    if ends:
        error = {"code": "absent", "message": f"It was not done, says {caller.name}, and was not sent again."}
        changes |= {"status": "failed", "error": error, "finished_at": now}
    await tasks.change(connection, task.id, changes, about=_said(word, caller))


def _said(word: Word, caller: Caller) -> dict[str, Any]:
    return {"by": caller.name, "note": word.note, "resolved": word.outcome}
