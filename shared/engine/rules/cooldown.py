"""How long does an account pause after a platform refused it, and how much may it do afterwards?

The ladder counts refusals by the platform, never time-outs or faults of our own. After its pause an account resumes with a
share of its budgets, for as long again as the pause was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.engine.rules.budgets import Share
from shared.errors import AccountBlocked, ActionRequired, RateLimited, TaskError

Cause = Literal["failure", "failures", "rate_limit", "challenge", "action_block", "restricted"]

FORGIVEN_AFTER = timedelta(days=7)  # refusals further back than this no longer count as "several"


@dataclass(frozen=True, slots=True)
class Rung:
    """A pause between `shortest` and `longest`, then this share of the budgets; `person`: somebody must act first."""

    shortest: timedelta
    longest: timedelta
    share: float
    person: bool = False


LADDER: Mapping[Cause, Rung] = {
    "failure": Rung(timedelta(minutes=15), timedelta(minutes=15), 1.0),
    "failures": Rung(timedelta(hours=2), timedelta(hours=2), 0.75),
    "rate_limit": Rung(timedelta(hours=24), timedelta(hours=24), 0.5),
    "challenge": Rung(timedelta(hours=24), timedelta(hours=48), 0.5, person=True),
    "action_block": Rung(timedelta(hours=48), timedelta(hours=72), 0.25, person=True),
    "restricted": Rung(timedelta(days=14), timedelta(days=30), 0.1, person=True),
}


@dataclass(frozen=True, slots=True)
class Cooldown:
    """An account's pause after a refusal: why, since when, until when, and the share of its budgets afterwards."""

    cause: str
    since: datetime
    until: datetime
    share: float

    def share_at(self, now: datetime) -> Share | None:
        """Return the part of the budgets that is left: the share until the pause has passed twice, then all (None)."""
        until = self.until + (self.until - self.since)
        return Share(self.share, until) if now < until and self.share < 1 else None


def cause_of(error: TaskError, refusals: int) -> Cause | None:
    """Return the rung of an error; None where it says nothing about the account. `refusals` counts those before it."""
    match error:
        case RateLimited():
            return "rate_limit"
        case ActionRequired(code="challenge"):
            return "challenge"
        case AccountBlocked(code="account_restricted"):
            return "restricted"
        case AccountBlocked(code="action_blocked") | AccountBlocked(code="account_blocked"):
            return "action_block"
        case AccountBlocked():
            return "failure" if refusals == 0 else "failures"
        case _:
            return None


def begin(cause: Cause, account: UUID, now: datetime, until: datetime | None = None) -> Cooldown:
    """Return the pause that begins now. A reset time that the platform gave is kept, with all of the budget after it."""
    if until is not None and cause == "rate_limit":
        return Cooldown(cause, now, max(until, now), 1.0)
    rung = LADDER[cause]
    # Drawn once for each refusal, and the same for every caller.
    seed = hashlib.sha256(f"{account}{now.isoformat()}".encode()).digest()
    drawn = rung.shortest + (rung.longest - rung.shortest) * (int.from_bytes(seed[:4]) / 2**32)
    return Cooldown(cause, now, now + drawn, rung.share)
