"""Looking up an unknown outcome now."""

from __future__ import annotations

from uuid import UUID

from shared.db import clock
from shared.db.database import Database
from shared.engine.store import tasks
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.tasks.find import find_task, held
from shared.tasks.view import TaskView


async def verify_task(*, database: Database, caller: Caller, task_id: UUID) -> TaskView:
    """Have the dispatcher release a verification at once; one that is running already stays the only one.

    Raises:
        NotFound: there is no such task.
        Conflict: its outcome is known.
    """
    async with database.change(caller.workspace_id) as connection:
        task = await held(connection, task_id)
        require_unknown(task.status)
        if not task.verify_released:
            await tasks.note(connection, task_id, {"verify_at": await clock.now(connection)})
    return await find_task(database=database, caller=caller, task_id=task_id)


def require_unknown(status: str) -> None:
    """Check that a task's outcome is unknown: only then can it be verified or settled by a person.

    Raises:
        Conflict: it is known.
    """
    if status != "unknown":
        raise Conflict(code="not_unknown", message=f"The task is {status}; only an unknown outcome is looked at.")
