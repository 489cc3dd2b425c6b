"""Which schedules are there?"""

from __future__ import annotations

from shared.cursor import id_in
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.page import Page
from shared.schedules import repository
from shared.schedules.view import ScheduleView, show_all


class SchedulePage(Page[ScheduleView]):
    """Schedules, newest first."""


async def list_schedules(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> SchedulePage:
    """Return a page of the workspace's schedules."""
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
        items = await show_all(connection, rows[:limit])
    return SchedulePage.of(items, len(rows))
