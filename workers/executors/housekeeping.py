"""How is `housekeeping` done? By deleting what is past its time, a bounded number of rows at once."""

from __future__ import annotations

from shared.db.repositories import idempotency, workers
from shared.task_types.housekeeping import SPEC, HousekeepingPayload, HousekeepingResult
from workers.executors.contract import Executor, Work

WORKER_KEPT_S = 3600


async def perform(work: Work[HousekeepingPayload]) -> HousekeepingResult:
    """Remove old idempotency keys and workers that are long gone."""
    async with work.engine.begin() as connection:
        keys = await idempotency.forget_old(connection, work.settings.idempotency_keep_h)
        gone = await workers.forget_gone(connection, WORKER_KEPT_S)
    return HousekeepingResult(idempotency_keys=keys, workers=gone)


EXECUTOR = Executor(SPEC, perform)
