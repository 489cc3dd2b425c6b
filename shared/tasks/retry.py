"""Retrying a failed task: same id, new attempt."""

from __future__ import annotations

from uuid import UUID

from shared.db.database import Database
from shared.engine.store import tasks
from shared.errors import Conflict, NotFound
from shared.identity.caller import Caller
from shared.tasks.find import find_task
from shared.tasks.view import TaskView


async def retry_task(*, database: Database, caller: Caller, task_id: UUID) -> TaskView:
    """Make a failed task wait again, with all its retries.

    Raises:
        NotFound: there is no such task.
        Conflict: it has not failed.
    """
    async with database.change(caller.workspace_id) as connection:
        was = (await tasks.replay(connection, [task_id], by=caller.name)).get(task_id)
        if was is None:
            raise NotFound(field="task", message=f"There is no task {task_id}.")
        if was != "failed":
            raise Conflict(code="not_failed", message=f"The task is {was}; only a failed one is tried again.")
    return await find_task(database=database, caller=caller, task_id=task_id)
