"""Which tasks are there?"""

from __future__ import annotations

from pydantic import BaseModel

from shared.cursor import id_in, of_id
from shared.db.database import Database
from shared.engine.store import tasks
from shared.engine.task_filter import TaskFilter
from shared.identity.caller import Caller
from shared.tasks.view import TaskView, show_all


class TaskPage(BaseModel):
    """Tasks, newest first."""

    items: list[TaskView]
    next_cursor: str | None


async def list_tasks(*, desk: Database, caller: Caller, wanted: TaskFilter, cursor: str | None, limit: int) -> TaskPage:
    """A page of the workspace's tasks, each with what it waits for."""
    async with desk.read(caller.workspace_id) as connection:
        rows = await tasks.page(connection, wanted, before=id_in(cursor) if cursor else None, limit=limit + 1)
        items = await show_all(connection, rows[:limit])
    return TaskPage(items=items, next_cursor=of_id(items[-1].id) if len(rows) > limit else None)
