"""How is `housekeeping` done? By deleting what is past its time, a bounded number of rows at once."""

from __future__ import annotations

from shared.db.repositories import idempotency, webhooks, workers
from shared.task_types.housekeeping import SPEC, HousekeepingPayload, HousekeepingResult
from workers.executors.contract import Executor, Work

WORKER_KEPT_S = 3600
SENT_KEPT_DAYS = 30


async def perform(work: Work[HousekeepingPayload]) -> HousekeepingResult:
    """Remove old idempotency keys, workers that are long gone, and what was sent out of the house a month ago."""
    async with work.engine.begin() as connection:
        keys = await idempotency.forget_old(connection, work.settings.idempotency_keep_h)
        gone = await workers.forget_gone(connection, WORKER_KEPT_S)
        sent = await webhooks.forget_old(connection, SENT_KEPT_DAYS)
    return HousekeepingResult(idempotency_keys=keys, workers=gone, sent=sent)


EXECUTOR = Executor(SPEC, perform)
