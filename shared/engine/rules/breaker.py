"""When is a destination that does not answer left alone, and which task tries it first afterwards?

A destination is a platform over a transport; it is watched for each capability, over all accounts of a workspace. Several
failures in a row open its breaker: nobody calls it for a while, then one task tries. The result of that trial closes the
breaker, or opens it for longer. Refusals have the cooldown ladder, changed pages pause the capability; only time-outs,
server errors and connections that break count here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.errors import CallsheetError, NotConfigured, OutcomeUnknown, Transient

Word = Literal["answered", "failed"]

# Errors that say nothing about the destination: our own process, browser or database, a text that was refused here, a page
# that was not read to its end.
OURS = frozenset({
    "browser_lost", "incomplete_read", "internal", "left_site", "no_proof", "no_screenshot", "no_time", "outcome_unknown",
    "page_lost", "text_too_long", "typing_failed",
})  # fmt: skip
# After a click: the destination received it and did not report the result.
SILENT = frozenset({"no_answer", "page_hangs", "page_slow", "page_timeout", "page_unreachable", "site_error", "timeout"})


@dataclass(frozen=True, slots=True)
class Rule:
    """So many failures within the window open it, for `shortest`, doubled with each trial that fails up to `longest`."""

    failures: int
    window: timedelta
    shortest: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Breaker:
    """One destination for one capability: `failures` in a row, and how often it has `opened` in a row (0: it is closed)."""

    failed_at: tuple[datetime, ...] = ()
    failures: int = 0
    opened: int = 0
    opens_at: datetime | None = None
    trial: UUID | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """An open breaker as gates read it: nobody calls before `opens_at`; then one task (`trial`, once chosen) tries."""

    failures: int
    opens_at: datetime
    trial: UUID | None = None

    def holds(self, task: UUID, now: datetime, *, began: bool) -> str:
        """Return why a task may not call; "" where it may. A task that `began` before the trial was chosen is none."""
        if self.opens_at > now:
            return f"{self.failures} failures in a row, tries again at {self.opens_at.isoformat(timespec='seconds')}"
        if self.trial == task or (self.trial is None and not began):
            return ""
        return f"{self.failures} failures in a row, another task tries first"


def word_of(error: BaseException | None) -> Word | None:
    """Return what the end of an attempt says about its destination; None where it says nothing. No error is an answer."""
    if error is None:
        return "answered"
    origin = _origin(error)
    code = getattr(origin, "code", "")
    if code in OURS or isinstance(origin, NotConfigured):
        return None
    if isinstance(origin, TimeoutError | Transient) or (isinstance(origin, OutcomeUnknown) and code in SILENT):
        return "failed"
    return "answered" if isinstance(origin, CallsheetError) else None


def _origin(error: BaseException) -> BaseException:
    """Return the error of the call itself, below the report that its outcome is unknown."""
    if isinstance(error, OutcomeUnknown) and error.code in OURS and error.__cause__ is not None:
        return _origin(error.__cause__)
    return error


def after_failure(breaker: Breaker, task: UUID, now: datetime, rule: Rule) -> Breaker:
    """Return the breaker after one more failure. While it is open only the trial counts: other tasks began before."""
    if breaker.opens_at is not None:
        return _opened(breaker, now, rule) if breaker.trial == task and breaker.opens_at <= now else breaker
    recent = (*[at for at in breaker.failed_at if at > now - rule.window], now)[-rule.failures :]
    counted = replace(breaker, failed_at=recent, failures=len(recent) - 1)
    return _opened(counted, now, rule) if len(recent) >= rule.failures else replace(counted, failures=len(recent))


def _opened(breaker: Breaker, now: datetime, rule: Rule) -> Breaker:
    rest = min(rule.longest, rule.shortest * 2 ** min(breaker.opened, 20))
    return replace(breaker, failures=breaker.failures + 1, opened=breaker.opened + 1, opens_at=now + rest, trial=None)
