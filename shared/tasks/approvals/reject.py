"""Rejecting a task that waits for approval."""

from __future__ import annotations

from uuid import UUID

from shared.db.database import Database
from shared.identity.caller import Caller
from shared.tasks.approvals.approve import require_waiting
from shared.tasks.cancel import cancel_waiting
from shared.tasks.find import find_task, held
from shared.tasks.view import TaskView


async def reject_task(*, database: Database, caller: Caller, task_id: UUID, reason: str) -> TaskView:
    """Cancel the task as rejected, with the reason; what it has done outside already stands.

    Raises:
        NotFound: there is no such task.
        Conflict: it does not wait for approval.
    """
    async with database.change(caller.workspace_id) as connection:
        task = await held(connection, task_id)
        require_waiting(task)
        error = {"code": "rejected", "message": f"Rejected by {caller.name}: {reason}"}
        await cancel_waiting(connection, task, caller, error=error)
    return await find_task(database=database, caller=caller, task_id=task_id)
