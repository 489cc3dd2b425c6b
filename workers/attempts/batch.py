"""What is the life of a batch? Claim all that is still in it, do one after the other, record them together.

For types that do nothing outside: no attempt is written before its end, none has anything to lose, and whatever happens in
here the message is acknowledged. What is not recorded comes back through the batch's lease.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.clock import elapsed
from shared.db.retry_write import retry_write
from shared.engine.rules.retry import Retry, Tries, after_error
from shared.engine.store import batches
from shared.engine.store.batches import ClaimedBatch, EndedInBatch
from shared.settings import Settings
from shared.task_types.spec import AnySpec, Payload
from workers.attempts import ending
from workers.attempts.process import WorkerProcess
from workers.executors.registry import EXECUTORS

log = structlog.get_logger()

AT_A_STRETCH = 64  # after so many tasks others have their turn on the event loop
_JITTER = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class BatchedWork:
    """What the executor of a type without effects works with: there is no attempt yet of which it could ask more."""

    task: str
    payload: Payload
    settings: Settings
    engine: AsyncEngine

    @property
    def task_id(self) -> UUID:
        """Return the task's id."""
        return UUID(self.task)


async def run_batch(process: WorkerProcess, spec: AnySpec, batch: UUID) -> None:
    """Do what is still in a batch; what it came to is recorded soon afterwards."""
    if process.is_stopping:
        async with process.engine.begin() as connection:
            given = await batches.give_back(connection, batch)
        log.info("message.given_back", tasks=given, stopping=True)
        return
    # The deadline counts from before the claim was sent, as with attempts.
    begun = elapsed()
    async with process.engine.begin() as connection:
        claimed = await batches.claim(
            connection, batch, spec.type, process.who, timeout_s=spec.timeout_s, lease_s=process.settings.lease_s
        )
    if claimed is None:
        log.info("message.stale", type=spec.type, batch=str(batch))
        return
    ended: list[EndedInBatch] = []
    performing = asyncio.create_task(_perform_all(process, spec, claimed, begun, ended))
    process.batches[batch] = performing
    process.keep_recording(_record(process, batch, performing, ended), [], of_browser=False, batch=batch)
    await asyncio.wait([performing])


async def _perform_all(
    process: WorkerProcess, spec: AnySpec, claimed: ClaimedBatch, begun: float, ended: list[EndedInBatch]
) -> None:
    """Do the tasks in their order. When the time is over, the one at hand has failed, and those behind it have not begun."""
    perform, number = EXECUTORS[spec.type].perform, 0
    payloads: dict[str, Payload] = {}
    done: dict[str, EndedInBatch] = {}
    try:
        async with asyncio.timeout(spec.timeout_s - (elapsed() - begun)):
            for number, (task, said) in enumerate(zip(claimed.ids, claimed.payloads, strict=True)):
                if number and number % AT_A_STRETCH == 0:
                    await asyncio.sleep(0)
                try:
                    payload = payloads.get(said)
                    if payload is None:  # the same text is read once: a payload cannot be changed
                        payload = payloads[said] = spec.read_payload(orjson.loads(said))
                    # What else an executor may ask for, such a type has no use for
                    # (`tests/unit/shared/task_types/test_batched.py`).
                    work: Any = BatchedWork(task, payload, process.settings, process.engine)
                    result = (await perform(work)).model_dump_json()
                except Exception as error:  # noqa: BLE001 - every error is sorted into the closed set
                    ended.append(_failed(claimed, number, spec, error, begun))
                    continue
                if (same := done.get(result)) is None:
                    same = done[result] = EndedInBatch([], "done", "completed", result=result)
                    ended.append(same)
                same.tasks.append(task)
    except TimeoutError as error:
        log.warning("batch.timeout", type=spec.type, ended=number, tasks=len(claimed.ids))
        ended.append(_failed(claimed, number, spec, error, begun))


def _failed(claimed: ClaimedBatch, number: int, spec: AnySpec, error: Exception, begun: float) -> EndedInBatch:
    """Return how a task ends after an error; there is no account or capability that could pause."""
    sorted_error, task = ending.as_task_error(error, has_open_effect=False), claimed.ids[number]
    log.info("attempt.ended", task=task, code=sorted_error.code, message=sorted_error.message)
    shown: dict[str, Any] = {"code": sorted_error.code, "message": sorted_error.message[:2000]}
    tries = Tries(claimed.retry_counts[number], claimed.max_retries[number], spec.retry, cools_down=False)
    decided = after_error(sorted_error, tries, _now(claimed, begun), _JITTER)
    if not isinstance(decided, Retry):
        return EndedInBatch([task], "failed", "failed", error=shown)
    shown["retry_at"] = decided.at.isoformat()
    return EndedInBatch([task], "failed", "scheduled", error=shown, not_before=decided.at, retries=int(decided.counts))


async def _record(process: WorkerProcess, batch: UUID, performing: asyncio.Task[None], ended: list[EndedInBatch]) -> None:
    """Record a batch once it is done, or was stopped: what had not begun by then waits again."""
    await asyncio.wait([performing])
    if not performing.cancelled() and (error := performing.exception()) is not None:
        log.error("batch.crashed", batch=str(batch), error=repr(error)[:500])
    await _store(process, batch, ended)


@retry_write
async def _store(process: WorkerProcess, batch: UUID, ended: Sequence[EndedInBatch]) -> None:
    async with process.engine.begin() as connection:
        moved = await batches.record(connection, process.who, batch, ended)
    if moved < (said := sum(len(end.tasks) for end in ended)):
        log.warning("batch.fenced_off", batch=str(batch), dropped=said - moved)
    process.notifier.hint()


def _now(claimed: ClaimedBatch, begun: float) -> datetime:
    """PostgreSQL's clock, carried on from the claim."""
    return claimed.claimed_at + timedelta(seconds=elapsed() - begun)
