"""Asking the system to sleep."""

from __future__ import annotations

from shared.db.database import Database
from shared.engine.store import sleep
from shared.identity.caller import Caller
from shared.system.sleep import SleepView, show_sleep


async def ask_to_sleep(*, database: Database, caller: Caller) -> SleepView:
    """Ask the system to sleep. What is due is done first, for every workspace, and no task is delayed by it."""
    async with database.change(caller.workspace_id) as connection:
        await sleep.ask(connection, caller.workspace_id, caller.name)
    return await show_sleep(database=database, caller=caller)
