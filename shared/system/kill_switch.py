"""Stopping everything outward at once, or allowing it again."""

from __future__ import annotations

from pydantic import BaseModel, Field

from shared.db.database import Database
from shared.engine.store import scopes
from shared.identity.caller import Caller


class KillSwitch(BaseModel):
    """Whether the workspace's kill switch is on."""

    on: bool = Field(description="While it is on, nothing outward of this workspace begins, on any lane.")


async def turn_kill_switch(*, database: Database, caller: Caller, on: bool) -> KillSwitch:
    """Turn it on or off for the workspace's own tasks.

    Every intent reads it in its own transaction, and a call begins within `call_begin_ms` of its intent: a second after the
    answer no outward call begins any more. Calls that are under way are followed to their end.
    """
    async with database.change(caller.workspace_id) as connection:
        if on:
            reason = f"the kill switch was turned on by {caller.name}"
            await scopes.park(connection, "all", "kill", caller.workspace_id, reason=reason, opens_at=None)
        else:
            await scopes.open_again(connection, caller.workspace_id, ["all"], ["kill"])
    return KillSwitch(on=on)
