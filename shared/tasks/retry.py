"""Somebody has a failed task tried again: same id, new attempt."""

from __future__ import annotations

from uuid import UUID

from shared.db.desk import Desk
from shared.db.repositories import effects, tasks
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.tasks.find import find_task, held
from shared.tasks.view import TaskView


async def retry_task(*, desk: Desk, caller: Caller, task_id: UUID) -> TaskView:
    """Make a failed task wait again, with all its retries.

    Raises:
        NotFound: there is no such task.
        Conflict: it has not failed.
    """
    async with desk.change(caller.workspace_id) as connection:
        task = await held(connection, task_id)
        if task.status != "failed":
            raise Conflict(code="not_failed", message=f"The task is {task.status}; only a failed one is tried again.")
        changes = {
            "status": "pending",
            "error": None,
            "finished_at": None,
            "not_before": None,
            "expires_at": None,
            "due_at": await effects.now(connection),
            "retry_count": 0,
            "lost_count": 0,
            "cancel_requested": False,
        }
        await tasks.change(connection, task_id, changes, about={"by": caller.key_name})
    return await find_task(desk=desk, caller=caller, task_id=task_id)
