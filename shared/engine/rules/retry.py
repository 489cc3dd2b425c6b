"""What happens to a task after an error? Decided by the error's class alone."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from shared.errors import (
    AccountBlocked,
    ActionRequired,
    AuthExpired,
    ContentRejected,
    NotConfigured,
    OutcomeUnknown,
    RateLimited,
    TaskError,
    Transient,
    UiChanged,
)
from shared.task_types.spec import RetryRule

RATE_LIMIT_PAUSE = timedelta(hours=24)  # from the cooldown ladder: a rate limit without a reset time


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at `at`; `counts` says whether this uses up one of the task's retries."""

    at: datetime
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Fail:
    """The task fails for good."""


@dataclass(frozen=True, slots=True)
class Verify:
    """The outcome is looked up before anything else."""


@dataclass(frozen=True, slots=True)
class PauseAccount:
    """The account pauses (until `until`, or until a person acts), and the task waits for it. Costs no retry."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class PauseCapability:
    """The capability pauses on this platform, and the task waits for it. Costs no retry."""


Next = Retry | Fail | Verify | PauseAccount | PauseCapability


@dataclass(frozen=True, slots=True)
class Tries:
    """The number of a task's retries, their limit, and how its type spaces them.

    `cools_down` is false for practice accounts: they follow the ladder only where somebody set it.
    """

    retry_count: int
    max_retries: int
    rule: RetryRule
    cools_down: bool = True


def after_error(error: TaskError, tries: Tries, now: datetime, jitter: random.Random) -> Next:  # noqa: PLR0911 - a table
    """Return what to do next."""
    match error:
        case Transient():
            return _again(tries, now, jitter)
        case RateLimited():
            if not tries.cools_down and error.until is None:
                return _again(tries, now, jitter)
            return Retry(at=error.until or now + RATE_LIMIT_PAUSE, counts=False)
        case AuthExpired() | ActionRequired():
            return PauseAccount(until=None)
        case AccountBlocked():
            if not tries.cools_down:
                return _again(tries, now, jitter)
            return PauseAccount(until=error.until)
        case ContentRejected() | NotConfigured():
            return Fail()
        case OutcomeUnknown():
            return Verify()
        case UiChanged():
            return PauseCapability()
        case _:
            assert_never(error)


def _again(tries: Tries, now: datetime, jitter: random.Random) -> Retry | Fail:
    if tries.retry_count >= tries.max_retries:
        return Fail()
    longest = min(tries.rule.cap_s, tries.rule.base_s * 2**tries.retry_count)
    return Retry(at=now + timedelta(seconds=jitter.uniform(0, longest)))
