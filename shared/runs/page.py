"""Which runs are there?"""

from __future__ import annotations

from shared.cursor import id_in
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.page import Page
from shared.runs import repository
from shared.runs.view import RunView, show_all


class RunPage(Page[RunView]):
    """Runs, newest first."""


async def list_runs(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> RunPage:
    """Return a page of the workspace's runs."""
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
        items = await show_all(connection, rows[:limit])
    return RunPage.of(items, len(rows))
