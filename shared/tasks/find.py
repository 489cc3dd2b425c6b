"""Which task does a client mean?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.desk import Desk
from shared.db.repositories import tasks
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.tasks.view import TaskView, show_one


async def find_task(*, desk: Desk, caller: Caller, task_id: UUID) -> TaskView:
    """One task.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    async with desk.read(caller.workspace_id) as connection:
        return await view_of(connection, task_id)


async def view_of(connection: AsyncConnection, task_id: UUID) -> TaskView:
    """A task as it is shown, read in a running transaction.

    Raises:
        NotFound: as `find_task`.
    """
    return await show_one(connection, existing(await tasks.find(connection, task_id), task_id))


async def held(connection: AsyncConnection, task_id: UUID) -> Row[Any]:
    """A task's row, held for change until the transaction ends.

    Raises:
        NotFound: as `find_task`.
    """
    return existing(await tasks.lock(connection, task_id), task_id)


def existing(row: Row[Any] | None, task_id: UUID) -> Row[Any]:
    """The row, if there is one.

    Raises:
        NotFound: there is none.
    """
    if row is None:
        raise NotFound(field="task", message=f"There is no task {task_id}.")
    return row
