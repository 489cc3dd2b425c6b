"""What happened to a task?"""

from __future__ import annotations

from uuid import UUID

from shared.cursor import number_in, of_number
from shared.db import events
from shared.db.database import Database
from shared.engine.store import archive, tasks
from shared.events import Event, event_of
from shared.identity.caller import Caller
from shared.page import Page
from shared.tasks.find import existing


class EventPage(Page[Event]):
    """Events, oldest first."""


async def task_history(*, database: Database, caller: Caller, task_id: UUID, cursor: str | None, limit: int) -> EventPage:
    """Return a page of the task's events; those of an archived task may be gone.

    Raises:
        NotFound: there is no such task.
    """
    async with database.read(caller.workspace_id) as connection:
        if await archive.find(connection, task_id) is None:
            existing(await tasks.find(connection, task_id), task_id)
        after = number_in(cursor) if cursor else 0
        rows = await events.after(connection, caller.workspace_id, after, task=task_id, limit=limit + 1)
    items = [event_of(row) for row in rows[:limit]]
    return EventPage.of(items, len(rows), lambda item: of_number(item.seq))
