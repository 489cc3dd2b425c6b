"""When is each waiting task expected to start? Stored before it happens, to be checked later."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import clock
from shared.engine.store import forecasts
from shared.engine.store import plan as rows
from shared.tasks.plan import MOST_TASKS, forecast

AHEAD = timedelta(hours=24)


async def write_forecasts(*, engine: AsyncEngine) -> tuple[int, int]:
    """Plan the best 1,000 waiting tasks of all workspaces and store their starts; return (examined, newly stored)."""
    async with engine.begin() as connection:
        as_of = await clock.now(connection)
        waiting = await rows.waiting(connection, as_of + AHEAD, MOST_TASKS)
        plan = await forecast(connection, waiting, as_of + AHEAD)
    planned = await asyncio.to_thread(plan)
    starts = [(one.task, one.starts_at) for one in planned if one.starts_at is not None]
    async with engine.begin() as connection:
        written = await forecasts.keep(connection, starts, as_of)
    return len(waiting), written
