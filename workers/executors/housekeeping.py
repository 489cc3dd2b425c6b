"""How is `housekeeping` done? In small transactions, a bounded number of rows at once and of batches in one run."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.repositories import archive, forecasts, idempotency, webhooks, workers
from shared.task_types.housekeeping import SPEC, HousekeepingPayload, HousekeepingResult
from workers.executors.contract import Executor, Work

WORKER_KEPT_S = 3600
SENT_KEPT_DAYS = 30
FORECAST_KEPT_DAYS = 2
TASKS_AT_ONCE = 500
EVENTS_AT_ONCE = 2_000
# For each of the two; what is left over goes in the next hour's run.
LONGEST_S = 20


async def perform(work: Work[HousekeepingPayload]) -> HousekeepingResult:
    """Remove old idempotency keys and workers that are long gone; archive what finished long ago, and its events."""
    async with work.engine.begin() as connection:
        keys = await idempotency.forget_old(connection, work.settings.idempotency_keep_h)
        gone = await workers.forget_gone(connection, WORKER_KEPT_S)
        await forecasts.forget_old(connection, FORECAST_KEPT_DAYS)
        sent = await webhooks.forget_old(connection, SENT_KEPT_DAYS)
    days = work.settings.keep_finished_d
    archived = await _in_batches(work.engine, lambda c: archive.move_old(c, days, TASKS_AT_ONCE))
    events = await _in_batches(work.engine, lambda c: archive.forget_events(c, days, EVENTS_AT_ONCE))
    return HousekeepingResult(idempotency_keys=keys, workers=gone, archived_tasks=archived, events=events, sent=sent)


async def _in_batches(engine: AsyncEngine, one: Callable[[AsyncConnection], Awaitable[int]]) -> int:
    """Batch after batch, each in a transaction of its own, until one is empty or the time is up; answers how many.

    A batch that is not full is no end: with it may have gone what others had to wait for.
    """
    total, ends = 0, time.monotonic() + LONGEST_S
    while time.monotonic() < ends:
        async with engine.begin() as connection:
            count = await one(connection)
        total += count
        if count == 0:
            break
    return total


EXECUTOR = Executor(SPEC, perform)
