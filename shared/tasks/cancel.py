"""A client cancels a task."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import clock
from shared.db.database import Database
from shared.engine.store import cancellation, children, tasks
from shared.engine.store.rows.task_rows import TaskRow
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.tasks.find import find_task, held
from shared.tasks.view import TaskView

AT_ONCE = frozenset({"awaiting_approval", "scheduled", "pending", "queued"})


async def cancel_task(*, database: Database, caller: Caller, task_id: UUID) -> TaskView:
    """Cancel at once what has not begun; ask what is running, or has done a part, to stop before its next outward step.

    What has done all that is outward is completed. The same holds for what it has made, over all levels.

    Raises:
        NotFound: there is no such task.
        Conflict: it is over, or its outcome is unknown.
    """
    async with database.change(caller.workspace_id) as connection:
        task = await held(connection, task_id)
        if task.status in AT_ONCE:
            await cancel_waiting(connection, task, caller, error=None)
        elif task.status == "running":
            below = await children.lock_below(connection, [task_id])
            await children.cancel(connection, below, by=caller.name)
            about = {"by": caller.name, "did": "cancel_requested"}
            await tasks.change(connection, task_id, {"cancel_requested": True}, about=about)
        elif task.status == "unknown":
            message = "It may have been done: say with `resolve` whether it was, or have it looked at with `verify`."
            raise Conflict(code="outcome_unknown", message=message)
        else:
            raise Conflict(code="finished", message=f"The task is {task.status}.")
    return await find_task(database=database, caller=caller, task_id=task_id)


async def cancel_waiting(
    connection: AsyncConnection, task: TaskRow, caller: Caller, *, error: dict[str, str] | None
) -> None:
    """Cancel a held task that is not being worked on, with what it has made, and let go what waits for it.

    What it has done outside already stands (`cancellation`). The last statement of its transaction.
    """
    below = await children.lock_below(connection, [task.id])
    await _let_go(connection, task)
    await children.cancel(connection, below, by=caller.name)
    await cancellation.cancel(connection, [task.id], by=caller.name, error=error)


async def _let_go(connection: AsyncConnection, task: TaskRow) -> None:
    await tasks.wake(connection, f"task:{task.id}")
    if task.wake_key is not None and task.wake_key.startswith("credits:"):
        await tasks.wake(connection, task.wake_key)  # who waited its turn behind this one


async def end_as_cancelled(
    connection: AsyncConnection, task: TaskRow, caller: Caller, *, error: dict[str, str] | None
) -> None:
    """End a held task of whose steps none is open any more, with what it has made, and let go what waits for it.

    The last statement of its transaction.
    """
    below = await children.lock_below(connection, [task.id])
    finished_at = await clock.now(connection)
    await _let_go(connection, task)
    await children.cancel(connection, below, by=caller.name)
    changes = {"status": "cancelled", "error": error, "finished_at": finished_at, "wake_key": None, "parked_at": None}
    await tasks.change(connection, task.id, changes, about={"by": caller.name})
