"""Somebody approves a task: exactly this payload, and no other."""

from __future__ import annotations

from uuid import UUID

from shared.db.desk import Desk
from shared.db.repositories import effects, tasks
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.tasks.draft import first_status
from shared.tasks.find import find_task, held
from shared.tasks.view import TaskView


async def approve_task(*, desk: Desk, caller: Caller, task_id: UUID) -> TaskView:
    """Let the task go on to its time.

    Raises:
        NotFound: there is no such task.
        Conflict: it does not wait for approval.
    """
    async with desk.change(caller.workspace_id) as connection:
        task = await held(connection, task_id)
        require_waiting(task.status)
        now = await effects.now(connection)
        status = first_status(approval_required=False, scheduled_for=task.not_before, now=now)
        await tasks.wake(connection, f"approval:{task_id}")
        changes = {"status": status, "approved_hash": task.payload_hash}
        await tasks.change(connection, task_id, changes, about={"by": caller.key_name, "approved": True})
    return await find_task(desk=desk, caller=caller, task_id=task_id)


def require_waiting(status: str) -> None:
    """Only what waits for approval can be approved or rejected.

    Raises:
        Conflict: it does not wait for approval.
    """
    if status != "awaiting_approval":
        raise Conflict(code="not_awaiting_approval", message=f"The task is {status} and waits for nobody's approval.")
