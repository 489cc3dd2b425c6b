"""What is the life of one attempt? Claim, perform or verify, record.

A message names tasks of one type with their release numbers. What still matches is claimed in one statement, done side
by side, and recorded as it comes, within 50 ms; the last of it while the next message is on its way. Whatever happens in
here, the message is then acknowledged, over an API as soon as it is claimed: what is not recorded comes back through its
lease.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError
from tenacity import (
    retry,
    retry_if_exception,
    stop_after_attempt,
    wait_fixed,
)

from shared.clock import elapsed
from shared.db import constraint
from shared.db.constraint import violates
from shared.db.retry_write import retry_write
from shared.engine.rules.retry import PauseAccount, PauseCapability
from shared.engine.store import attempts
from shared.engine.store.attempts import Ended
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.task_types.spec import AnySpec
from workers.attempts import ending, verify
from workers.attempts.batch import run_batch
from workers.attempts.breaker import note_end
from workers.attempts.locator_drift import note_drift
from workers.attempts.payload import payload_of
from workers.attempts.process import WorkerProcess
from workers.attempts.work import AttemptWork
from workers.executors.contract import Executor
from workers.executors.registry import EXECUTORS
from workers.interrupted import Cancelled, GateClosed, LeaseLost, NotYet

log = structlog.get_logger()

GROUP_COMMIT_S = 0.05
LARGEST_MESSAGE = 256
TAKEN_WAIT_S = 0.25
TAKEN_TRIES = 8
_is_taken = violates(constraint.OPEN_BROWSER, constraint.OPEN_TASK)


async def run_message(process: WorkerProcess, spec: AnySpec, message: dict[str, Any]) -> None:
    """Do what a message names and what is still as it was released; what it came to is recorded soon afterwards."""
    if "batch" in message:
        await run_batch(process, spec, UUID(message["batch"]))
        return
    wanted = [(UUID(task), int(seq)) for task, seq in message["tasks"]][:LARGEST_MESSAGE]
    if process.is_stopping:
        await _give_back(process, wanted)
        return
    if spec.lane == "account":
        # An account has one open browser attempt at most: the one before must be closed.
        await process.recorded(of_browsers=True)
    # The deadline counts from before the claim was sent: whatever the network adds, the lease ends later than we think.
    begun = elapsed()
    try:
        rows = await _claim(process, spec, wanted)
    except IntegrityError as error:
        if not _is_taken(error):
            raise
        await _give_back(process, wanted)
        return
    if len(rows) < len(wanted):
        log.info("message.stale", type=spec.type, stale=len(wanted) - len(rows))
    running = []
    for row in rows:
        attempt = asyncio.create_task(_run(process, spec, row, begun))
        process.at_hand[row.attempt_id] = attempt
        running.append(attempt)
    if running:
        of_browser = not rows[0].over_api
        attempts_at_hand = [row.attempt_id for row in rows]
        process.keep_recording(_record_as_they_come(process, running), attempts_at_hand, of_browser=of_browser)
        # A claimed task needs its message no more. A browser lane does one thing at a time; over an API a slow task, a
        # download of minutes, delays no other that this process serves.
        if of_browser:
            await asyncio.wait(running)


async def _give_back(process: WorkerProcess, wanted: list[tuple[UUID, int]]) -> None:
    log.info("message.given_back", tasks=len(wanted), stopping=process.is_stopping)
    async with process.engine.begin() as connection:
        await attempts.give_back(connection, wanted)


# The account's browser may still be taken, as far as PostgreSQL knows, by an attempt that has just died.
@retry(
    retry=retry_if_exception(_is_taken),
    wait=wait_fixed(TAKEN_WAIT_S),
    stop=stop_after_attempt(TAKEN_TRIES),
    reraise=True,
)
async def _claim(process: WorkerProcess, spec: AnySpec, wanted: list[tuple[UUID, int]]) -> list[ClaimedTask]:
    async with process.single.connect() as connection:
        return await attempts.claim(
            connection, wanted, process.who, timeout_s=spec.timeout_s, lease_s=process.settings.lease_s
        )


async def _run(process: WorkerProcess, spec: AnySpec, row: ClaimedTask, begun: float) -> Ended | None:
    structlog.contextvars.bind_contextvars(task=str(row.id), attempt=row.attempt_id, correlation_id=row.correlation_id)
    executor = EXECUTORS[spec.type]
    try:
        payload = await payload_of(process, spec, row)
    except asyncio.CancelledError:
        return _stopped(process, row, begun)
    except Exception as error:  # noqa: BLE001 - sorted like every other; nothing outward has begun
        return _unreadable(row, spec, error, _now(row, begun))
    work = AttemptWork(process, row, payload, may_act=row.kind == "perform")
    ended = await _try(work, executor, begun)
    if ended is None:
        return None
    await work.report.close()
    await note_drift(process.engine, row.account, work.session.drift)
    return replace(ended, acted=work.steps.acted)


async def _try(work: AttemptWork[Any], executor: Executor[Any, Any], begun: float) -> Ended | None:
    row, spec = work.row, executor.spec
    try:
        async with asyncio.timeout(spec.timeout_s - (elapsed() - begun)):
            return await work.session.sign_in.twice(
                lambda: _perform(work, executor) if row.kind == "perform" else verify.verify_effect(work, executor)
            )
    except (GateClosed, Cancelled, NotYet) as error:
        return held_back(row, error, _now(row, begun))
    except (LeaseLost, asyncio.CancelledError):
        if not work.steps.called:
            await work.steps.close_open_effect()  # what it wanted to write it will not do
        return _stopped(work.process, row, begun)
    except Exception as error:  # noqa: BLE001 - every other error is sorted into the closed set
        return await _end(work, spec, error, _now(row, begun))


def _stopped(process: WorkerProcess, row: ClaimedTask, begun: float) -> Ended | None:
    """Return a task that has begun nothing outward when the worker stops; otherwise the lease is lost, and None."""
    if process.is_stopping and row.attempt_id not in process.has_called:
        return held_back(row, GateClosed(message="its worker was stopped"), _now(row, begun))
    log.warning("attempt.lost")
    return None


def held_back(row: ClaimedTask, error: GateClosed | Cancelled | NotYet, now: datetime) -> Ended:
    """Return the end of a task that was held back, which is no failure; a verification that did not begin comes later."""
    if row.kind == "verify":
        return verify.failed_look(row, {"code": error.code, "message": error.message[:2000]}, now)
    return ending.without_fault(row, error, now)


def _unreadable(row: ClaimedTask, spec: AnySpec, error: Exception, now: datetime) -> Ended:
    sorted_error = ending.as_task_error(error, has_open_effect=False)
    log.info("attempt.unreadable", kind=row.kind, code=sorted_error.code, message=sorted_error.message)
    if row.kind == "verify":
        return verify.failed_look(row, {"code": sorted_error.code, "message": sorted_error.message[:2000]}, now)
    return ending.after(row, spec, sorted_error, now)[0]


async def _perform(work: AttemptWork[Any], executor: Executor[Any, Any]) -> Ended:
    result = await executor.perform(work)
    await note_end(work.engine, work.settings, work.row, executor.spec, None, work.row.claimed_at)
    return Ended(work.row.attempt_id, work.row.id, "done", "completed", result=result.model_dump(mode="json"))


async def _end(work: AttemptWork[Any], spec: AnySpec, error: Exception, now: datetime) -> Ended:
    await note_end(work.engine, work.settings, work.row, spec, error, now)
    sorted_error = ending.as_task_error(error, has_open_effect=work.steps.in_doubt)
    log.info("attempt.ended", kind=work.row.kind, code=sorted_error.code, message=sorted_error.message)
    await work.steps.close_open_effect()
    ended, decided = ending.after(work.row, spec, sorted_error, now)
    await ending.rest(work.engine, work.row, sorted_error, now)
    if isinstance(decided, PauseAccount | PauseCapability):
        await ending.pause(work.engine, work.settings, work.row, spec, sorted_error, decided)
    if work.row.kind == "verify":
        return verify.failed_look(work.row, {"code": sorted_error.code, "message": sorted_error.message[:2000]}, now)
    return ended


async def _record_as_they_come(process: WorkerProcess, running: Sequence[asyncio.Task[Ended | None]]) -> None:
    pending: set[asyncio.Task[Ended | None]] = set(running)
    while pending:
        finished, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        if pending:
            more, pending = await asyncio.wait(pending, timeout=GROUP_COMMIT_S)
            finished |= more
        ended = [end for end in (task.result() for task in finished) if end is not None]
        if ended:
            await _record(process, ended)


@retry_write
async def _record(process: WorkerProcess, ended: Sequence[Ended]) -> None:
    async with process.engine.begin() as connection:
        closed = await attempts.record(connection, process.who, ended)
    for end in ended:
        if end.attempt_id not in closed:
            log.warning("attempt.fenced_off", attempt=end.attempt_id, task=str(end.task_id))
    process.notifier.hint()


def _now(row: ClaimedTask, begun: float) -> datetime:
    """Return PostgreSQL's time, computed from the claim's."""
    return row.claimed_at + timedelta(seconds=elapsed() - begun)
