"""A client cancels a run."""

from __future__ import annotations

from uuid import UUID

from shared.db.database import Database
from shared.engine.store import cancellation, children
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.runs import repository
from shared.runs.find import find_run
from shared.runs.view import RunView, existing


async def cancel_run(*, database: Database, caller: Caller, run_id: UUID) -> RunView:
    """Cancel its tasks that have not begun, and ask those that run to stop before their next outward step.

    Tasks of unknown outcome are left as they are.

    Raises:
        NotFound: there is no such run.
        Conflict: all of its tasks are over.
    """
    async with database.change(caller.workspace_id) as connection:
        existing(await repository.find(connection, run_id), run_id)
        own, below = await repository.lock_tasks(connection, run_id)
        run = existing(await repository.find(connection, run_id), run_id)  # as it is now that nobody changes its tasks
        if run.state != "open":
            raise Conflict(code="finished", message=f"The run is {run.state}.")
        await children.cancel(connection, below, by=caller.name)
        await cancellation.cancel(connection, own, by=caller.name)
    return await find_run(database=database, caller=caller, run_id=run_id)
