"""Which run does a client mean?"""

from __future__ import annotations

from uuid import UUID

from shared.db.database import Database
from shared.identity.caller import Caller
from shared.runs import repository
from shared.runs.view import RunView, existing, show_all


async def find_run(*, database: Database, caller: Caller, run_id: UUID) -> RunView:
    """Return one run.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    async with database.read(caller.workspace_id) as connection:
        row = existing(await repository.find(connection, run_id), run_id)
        return (await show_all(connection, [row]))[0]
