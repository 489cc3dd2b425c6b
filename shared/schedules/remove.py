"""A client deletes a schedule."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from shared.db.database import Database
from shared.identity.caller import Caller
from shared.schedules import repository
from shared.schedules.view import existing


class Removed(BaseModel):
    """The effect of deleting a schedule."""

    id: UUID
    cancelled: int = Field(description="How many occurrences had not begun, and never will.")


async def remove_schedule(*, database: Database, caller: Caller, schedule_id: UUID) -> Removed:
    """Delete the schedule and cancel its occurrences that have not begun; what runs goes on to its end.

    Raises:
        NotFound: there is no such schedule.
    """
    async with database.change(caller.workspace_id) as connection:
        schedule = existing(await repository.lock(connection, schedule_id), schedule_id)
        await repository.remove(connection, schedule_id)
        reason = "Its schedule was deleted before it began."
        ended = await repository.end_waiting(connection, schedule, "schedule.deleted", by=caller.name, reason=reason)
    return Removed(id=schedule_id, cancelled=ended)
