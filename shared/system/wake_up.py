"""Waking the system."""

from __future__ import annotations

from shared.db.database import Database
from shared.engine.store import sleep
from shared.identity.caller import Caller
from shared.system.sleep import SleepView, show_sleep


async def wake_up(*, database: Database, caller: Caller) -> SleepView:
    """Wake the system, or keep it from falling asleep."""
    async with database.change(caller.workspace_id) as connection:
        await sleep.call_off(connection, "asked")
    return await show_sleep(database=database, caller=caller)
