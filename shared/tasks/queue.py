"""Which tasks are there?"""

from __future__ import annotations

from shared.cursor import id_in
from shared.db.database import Database
from shared.engine.store import tasks
from shared.engine.task_filter import TaskFilter
from shared.identity.caller import Caller
from shared.page import Page
from shared.tasks.view import TaskView, show_all


class TaskPage(Page[TaskView]):
    """Tasks, newest first."""


async def list_tasks(*, database: Database, caller: Caller, wanted: TaskFilter, cursor: str | None, limit: int) -> TaskPage:
    """Return a page of the workspace's tasks, each with what it waits for."""
    async with database.read(caller.workspace_id) as connection:
        rows = await tasks.page(connection, wanted, before=id_in(cursor) if cursor else None, limit=limit + 1)
        items = await show_all(connection, rows[:limit])
    return TaskPage.of(items, len(rows))
