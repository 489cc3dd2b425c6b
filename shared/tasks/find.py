"""Which task does a client mean?"""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.database import Database
from shared.engine.store import archive, tasks
from shared.engine.store.rows.task_rows import TaskRow
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.tasks.view import TaskView, show_one, view_archived

T = TypeVar("T")


async def find_task(*, database: Database, caller: Caller, task_id: UUID) -> TaskView:
    """Return one task, archived or not.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    async with database.read(caller.workspace_id) as connection:
        row = await tasks.find(connection, task_id)
        if row is None and (document := await archive.find(connection, task_id)) is not None:
            return view_archived(document)
        return await show_one(connection, existing(row, task_id))


async def require_task(*, database: Database, caller: Caller, task_id: UUID, field: str) -> UUID:
    """Return the id of a task that there is, in the archive or not.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    async with database.read(caller.workspace_id) as connection:
        if not await tasks.types(connection, [task_id]) and await archive.find(connection, task_id) is None:
            raise NotFound(field=field, message=f"There is no task {task_id}.")
    return task_id


async def held(connection: AsyncConnection, task_id: UUID) -> TaskRow:
    """Return a task's row, locked until the transaction ends.

    Raises:
        NotFound: as `find_task`.
    """
    return existing(await tasks.lock(connection, task_id), task_id)


def existing(row: T | None, task_id: UUID) -> T:
    """Return the row, if there is one.

    Raises:
        NotFound: there is none.
    """
    if row is None:
        raise NotFound(field="task", message=f"There is no task {task_id}.")
    return row
