"""A client wants the system awake at an instant."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.db.database import Database
from shared.db.session import began
from shared.engine.store import sleep
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.system.sleep import WakeView

MOST_WAKES = 1_000
FURTHEST = timedelta(days=366)


async def plan_wake(*, database: Database, caller: Caller, at: datetime, trigger: str) -> WakeView:
    """Have the system awake at `at`, for what `trigger` names.

    Raises:
        Conflict: that instant has passed or is more than a year ahead, or the workspace has 1,000 wakes ahead already.
    """
    async with database.change(caller.workspace_id) as connection:
        now = began(connection)
        if not now < at <= now + FURTHEST:
            raise Conflict(code="not_ahead", field="at", message="A wake is in the future, and at most 366 days ahead.")
        if await sleep.count_wakes(connection) >= MOST_WAKES:
            raise Conflict(code="too_many", message=f"There are {MOST_WAKES} wakes ahead already.")
        wake_id = await sleep.add_wake(connection, caller.workspace_id, at, trigger)
    return WakeView(id=wake_id, at=at, trigger=trigger)
