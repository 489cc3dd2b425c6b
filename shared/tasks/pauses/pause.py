"""Pausing a part of the system, for the own workspace's tasks."""

from __future__ import annotations

from shared.db.database import Database
from shared.engine.store import continuity, scopes
from shared.identity.caller import Caller
from shared.tasks.pauses.scope import Pausing, Places, held_scope


async def pause_scope(*, database: Database, caller: Caller, scope: str, places: Places) -> Pausing:
    """Hold the scope closed until somebody resumes it; what is running goes on up to its next outward step.

    Raises:
        NotFound: there is no such lane, platform or account.
    """
    async with database.change(caller.workspace_id) as connection:
        held = await held_scope(connection, scope, places)
        if held.key == "all" and await continuity.is_held(connection, caller.workspace_id):
            return Pausing(scope=scope, state="paused")  # the person who resumes it must know the reason
        reason = f"paused by {caller.name}"
        await scopes.park(connection, held.key, "system", caller.workspace_id, reason=reason, opens_at=None)
    return Pausing(scope=scope, state="paused")
