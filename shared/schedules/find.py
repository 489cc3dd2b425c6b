"""Which schedule does a client mean?"""

from __future__ import annotations

from uuid import UUID

from shared.db.database import Database
from shared.identity.caller import Caller
from shared.schedules import repository
from shared.schedules.view import ScheduleView, existing, show_all


async def find_schedule(*, database: Database, caller: Caller, schedule_id: UUID) -> ScheduleView:
    """Return one schedule.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    async with database.read(caller.workspace_id) as connection:
        row = existing(await repository.find(connection, schedule_id), schedule_id)
        return (await show_all(connection, [row]))[0]
