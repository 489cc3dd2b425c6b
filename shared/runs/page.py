"""Which runs are there?"""

from __future__ import annotations

from pydantic import BaseModel

from shared.cursor import id_in, of_id
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.runs import repository
from shared.runs.view import RunView, show_all


class RunPage(BaseModel):
    """Runs, newest first."""

    items: list[RunView]
    next_cursor: str | None


async def list_runs(*, desk: Database, caller: Caller, cursor: str | None, limit: int) -> RunPage:
    """A page of the workspace's runs."""
    async with desk.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
        items = await show_all(connection, rows[:limit])
    return RunPage(items=items, next_cursor=of_id(items[-1].id) if len(rows) > limit else None)
