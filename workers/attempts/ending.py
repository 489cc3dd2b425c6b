"""How does an attempt end after an error, and what happens to its task, account and capability?"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any, assert_never, cast, get_args

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.accounts.store import accounts
from shared.engine.rules.cooldown import begin, cause_of
from shared.engine.rules.retry import Fail, Next, PauseAccount, PauseCapability, Retry, Tries, Verify, after_error
from shared.engine.store import scopes
from shared.engine.store.attempts import Ended
from shared.engine.store.limits import cooldowns
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.errors import (
    AccountBlocked,
    CallsheetError,
    OutcomeUnknown,
    TaskError,
    Transient,
    UiChanged,
)
from shared.settings import Settings
from shared.task_types.spec import AnySpec
from workers.attempts.evidence import keep_evidence
from workers.interrupted import Cancelled, GateClosed, NotYet

log = structlog.get_logger()

_TASK_ERRORS = get_args(TaskError)
_JITTER = random.SystemRandom()


def as_task_error(error: BaseException, *, has_open_effect: bool) -> TaskError:
    """Return any error as one of the closed set: unknown outcome with an open effect, and never without one."""
    message = str(getattr(error, "message", "")) or str(error) or type(error).__name__
    if has_open_effect and not isinstance(error, OutcomeUnknown):
        return OutcomeUnknown(message=message)
    if isinstance(error, OutcomeUnknown) and not has_open_effect:
        return Transient(code=error.code, message=message)
    if isinstance(error, _TASK_ERRORS):
        return cast("TaskError", error)
    if isinstance(error, TimeoutError):
        return Transient(code="timeout", message="The attempt ran out of its time.")
    if not isinstance(error, CallsheetError):
        log.error("attempt.crashed", exc_info=error)
    return Transient(code="internal", message=message)


def without_fault(row: ClaimedTask, error: GateClosed | Cancelled | NotYet, now: datetime) -> Ended:
    """Return the end of an attempt that did nothing outward without a failure: the task waits, or is cancelled."""
    if isinstance(error, Cancelled):
        return Ended(row.attempt_id, row.id, "gave_back", "cancelled", error=_shown(error))
    if error.wait_s:
        later = now + timedelta(seconds=error.wait_s)
        looked = isinstance(error, NotYet) and error.looked
        looks = int(isinstance(error, NotYet) and error.looked and error.counts)
        return Ended(
            row.attempt_id, row.id, "gave_back", "scheduled",
            error=_shown(error), not_before=later, waits=looked, looks=looks,
        )  # fmt: skip
    wake_key = error.wake_key if isinstance(error, GateClosed) else None
    awaits = error.awaits if isinstance(error, NotYet) else None
    return Ended(row.attempt_id, row.id, "gave_back", "pending", error=_shown(error), wake_key=wake_key, awaits=awaits)


def after(row: ClaimedTask, spec: AnySpec, error: TaskError, now: datetime) -> tuple[Ended, Next]:
    """Return how a `perform` attempt ends after an error, and what was decided."""
    tries = Tries(row.retry_count, row.max_retries, spec.retry, cools_down=not row.practice)
    decided = after_error(error, tries, now, _JITTER)
    attempt_id, task_id, shown = row.attempt_id, row.id, _shown(error)
    match decided:
        case Retry():
            shown["retry_at"] = decided.at.isoformat()
            ended = Ended(
                attempt_id, task_id, "failed", "scheduled",
                error=shown, not_before=decided.at, retries=int(decided.counts),
            )  # fmt: skip
        case Fail():
            ended = Ended(attempt_id, task_id, "failed", "failed", error=shown)
        case Verify():
            look_at = None if isinstance(error, OutcomeUnknown) and error.for_person else now
            ended = Ended(attempt_id, task_id, "unknown", "unknown", error=shown, verify_at=look_at)
        case PauseAccount() | PauseCapability():
            ended = Ended(attempt_id, task_id, "gave_back", "pending", error=shown)
        case _:
            assert_never(decided)
    return ended, decided


async def pause(
    engine: AsyncEngine, settings: Settings, row: ClaimedTask, spec: AnySpec, error: TaskError, decided: Next
) -> None:
    """Carry out what an error decided beyond its own task: the account or the capability pauses, with its event.

    The evidence of a changed page is stored first, in `$CALLSHEET_HOME/evidence`, in a folder with the attempt's number.
    """
    if isinstance(error, UiChanged) and isinstance(decided, PauseCapability):
        await keep_evidence(engine, settings, row, spec.capability, error.evidence, locator=error.locator)
    async with engine.begin() as connection:
        if isinstance(decided, PauseAccount) and row.account is not None:
            state = "blocked" if isinstance(error, AccountBlocked) else "paused"
            await accounts.pause(
                connection, row.workspace_id, row.account.id,
                state=state, code=error.code, reason=error.message, until=decided.until,
            )  # fmt: skip
        elif isinstance(decided, PauseCapability):
            locator = error.locator if isinstance(error, UiChanged) else ""
            reason = f"the page has changed: {locator or error.message}"
            key = f"capability:{row.platform}:{spec.capability}"
            await scopes.park(connection, key, "connection", row.workspace_id, reason=reason, opens_at=None)


async def rest(engine: AsyncEngine, row: ClaimedTask, error: TaskError, now: datetime) -> None:
    """Begin the account's pause after a refusal; practice accounts follow the ladder only where somebody set it."""
    if row.practice or row.account_id is None or cause_of(error, 0) is None:
        return
    async with engine.begin() as connection:
        before = await cooldowns.refusals(connection, row.account_id)
        cause = cause_of(error, before)
        if cause is not None:
            begun = begin(cause, row.account_id, now, getattr(error, "until", None))
            await cooldowns.rest(connection, row.workspace_id, row.account_id, begun, before)


def _shown(error: CallsheetError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message[:2000]}
