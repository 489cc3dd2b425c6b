"""How is `housekeeping` done? In small transactions, a bounded number of rows at once and of batches in one run."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.accounts.store import evidence, locator_drift
from shared.engine.store import archive, forecasts, idempotency, lanes, proofs
from shared.engine.store.limits import credits
from shared.identity.store import sessions
from shared.inbox import repository as interactions
from shared.settings import Settings
from shared.task_types.housekeeping import SPEC, HousekeepingPayload, HousekeepingResult
from shared.webhooks import repository as webhooks
from workers.executors.contract import Executor, Work

WORKER_KEPT_S = 3600
SENT_KEPT_DAYS = 30
SIGN_IN_KEPT_DAYS = 30
FORECAST_KEPT_DAYS = 2
CREDITS_KEPT_DAYS = 30
TASKS_AT_ONCE = 500
EVENTS_AT_ONCE = 2_000
ROWS_AT_ONCE = 1_000
# For each kind; the rest is done in the next hour's run. All of them are done within the attempt's time.
LONGEST_S = 20


async def perform(work: Work[HousekeepingPayload]) -> HousekeepingResult:
    """Remove what is no longer needed; archive what finished long ago, and its events.

    Of screenshots only the rows are marked here: their files lie on other machines too, whose keepers follow.
    """
    async with work.engine.begin() as connection:
        keys = await idempotency.forget_old(connection, work.settings.idempotency_keep_h)
        gone = await lanes.forget_gone(connection, WORKER_KEPT_S)
        await forecasts.forget_old(connection, FORECAST_KEPT_DAYS)
        sent = await webhooks.forget_old(connection, SENT_KEPT_DAYS)
        sign_ins = await sessions.forget_old(connection, SIGN_IN_KEPT_DAYS)
        await locator_drift.forget_old(connection, work.settings.keep_evidence_d)
    await _in_batches(work.engine, lambda c: credits.forget_old(c, CREDITS_KEPT_DAYS, ROWS_AT_ONCE))
    days = work.settings.keep_finished_d
    archived = await _in_batches(work.engine, lambda c: archive.move_old(c, days, TASKS_AT_ONCE))
    events = await _in_batches(work.engine, lambda c: archive.forget_events(c, days, EVENTS_AT_ONCE))
    done = HousekeepingResult(
        idempotency_keys=keys, workers=gone, archived_tasks=archived, events=events, sent=sent, sign_ins=sign_ins
    )
    return done.model_copy(update=await _forget(work.engine, work.settings))


async def _forget(engine: AsyncEngine, settings: Settings) -> dict[str, int]:
    """Remove or mark what was kept long enough, or exceeds its room; return how many of each kind."""
    age, room, most = settings.keep_proofs_d, settings.proofs_quota_bytes, ROWS_AT_ONCE
    seen, heard = settings.keep_evidence_d, settings.keep_interactions_d
    return {
        "proofs": await _in_batches(engine, lambda c: proofs.remove_old(c, age, most))
        + await _in_batches(engine, lambda c: proofs.remove_beyond(c, room, most)),
        "evidence": await _in_batches(engine, lambda c: evidence.forget_old(c, seen, most)),
        "interactions": await _in_batches(engine, lambda c: interactions.forget_old(c, heard, most)),
    }


async def _in_batches(engine: AsyncEngine, one: Callable[[AsyncConnection], Awaitable[int]]) -> int:
    """Do batch after batch, each in a transaction of its own, until one is empty or the time is up; return how many.

    A batch that is not full is not the last: it may have removed what others depended on.
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
