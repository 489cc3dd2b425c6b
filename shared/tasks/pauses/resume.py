"""Resuming a part of the system."""

from __future__ import annotations

from shared.db import events
from shared.db.database import Database
from shared.engine.store import continuity, scopes
from shared.engine.store.limits import breakers
from shared.identity.caller import Caller
from shared.task_types.registry import outward_types
from shared.tasks.pauses.scope import Pausing, Places, held_scope


async def resume_scope(*, database: Database, caller: Caller, scope: str, places: Places) -> Pausing:
    """Open the scope; a platform's capabilities that paused by themselves open with it, and its breakers close.

    Where PostgreSQL had come back from an earlier state, tasks that were created since may repeat ones that were lost:
    they are looked up before they are done.

    Raises:
        NotFound: there is no such lane, platform or account.
    """
    async with database.change(caller.workspace_id) as connection:
        held = await held_scope(connection, scope, places)
        keys = [held.key]
        if held.key == "all" and await continuity.is_held(connection, caller.workspace_id):
            await continuity.doubt_new(connection, caller.workspace_id, outward_types())
        if held.platform is not None:
            keys += await scopes.parked_like(connection, f"capability:{held.platform}:")
            if closed := await breakers.forget_platform(connection, caller.workspace_id, held.platform):
                await events.append(connection, caller.workspace_id, "scope.opened", {"keys": closed})
        await scopes.open_again(connection, caller.workspace_id, keys, ["system", "connection"])
    return Pausing(scope=scope, state="running")
