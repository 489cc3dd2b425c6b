"""What does a reading after an unknown outcome prove?

`absent` needs three things: the old attempt's process and browser are known to be dead, the capability's visibility delay
has passed since the latest instant at which the call can have been made, and two reads agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

READS_THAT_AGREE = 2
ABSENT_RETRIES = 1  # on a browser transport: one verified-absent retry, then it parks
BETWEEN_READS = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The facts known when a complete read did not find the effect.

    `known_dead` is about the attempt that made the call. `absent_reads` counts this read too, if it counts.
    """

    now: datetime
    known_dead: bool
    visible_from: datetime
    absent_reads: int
    absent_before: int
    on_browser: bool


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Not proved yet: look again at `at`. `counts` says whether this read counts as one of those that must agree."""

    at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class SendAgain:
    """It is absent, and may be sent again."""


@dataclass(frozen=True, slots=True)
class AskPerson:
    """It is absent more often than a browser's reading is trusted: a person decides."""


def visible_from(call_deadline: datetime, over_at: datetime | None, visibility_s: float) -> datetime:
    """Return when the platform shows a call at the latest.

    A machine that was paused reads a stale clock, and can have called until its attempt was over (`over_at`).
    """
    latest = call_deadline if over_at is None else max(call_deadline, over_at)
    return latest + timedelta(seconds=visibility_s)


def same_place(one: str, other: str) -> bool:
    """Return whether two targets may be one post or person in two spellings: their last words are compared."""
    return _last_word(one) == _last_word(other)


def _last_word(target: str) -> str:
    path = target.partition("?")[0].partition("#")[0]
    return path.rstrip("/").rpartition("/")[2].lstrip("@").casefold()


def after_absent_read(evidence: Evidence) -> LookAgain | SendAgain | AskPerson:
    """Return what follows from a read that found nothing."""
    if not evidence.known_dead:
        return LookAgain(at=evidence.now + BETWEEN_READS, counts=False)
    if evidence.now < evidence.visible_from:
        return LookAgain(at=evidence.visible_from, counts=False)
    if evidence.absent_reads < READS_THAT_AGREE:
        return LookAgain(at=evidence.now + BETWEEN_READS, counts=True)
    if evidence.on_browser and evidence.absent_before >= ABSENT_RETRIES:
        return AskPerson()
    return SendAgain()


def next_look(now: datetime, looks: int) -> datetime:
    """Return when to look again after a failed read: 2 s, doubled each time, at most 5 minutes."""
    doubled: timedelta = BETWEEN_READS * (1 << min(looks, 10))
    return now + min(doubled, LONGEST_WAIT)
