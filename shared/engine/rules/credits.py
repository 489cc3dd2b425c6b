"""How many credits may an account spend, as far as is known, and when should they be checked again?

What a page shows is an observation; what is promised to tasks is reserved. An unreadable page says nothing: unknown
is not zero, and tasks that wait for credits then wait for the next check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

# How often a page is checked. No platform publishes a figure: chosen, so that a page is opened a few dozen times a day.
IDLE_LOOK = timedelta(hours=1)
WAITING_LOOK = timedelta(minutes=15)
SOONEST_LOOK = timedelta(minutes=1)
AFTER_REFRESH = timedelta(seconds=30)

ReservationState = Literal["reserved", "spent", "released"]


@dataclass(frozen=True, slots=True)
class Observation:
    """A page's content at an instant. `free` and `paid` are None where it could not be read (`known` is false then)."""

    known: bool
    free: int | None
    paid: int | None
    refreshes_at: datetime | None
    checked_at: datetime

    @property
    def total(self) -> int | None:
        """Return free and paid together; None where they are unknown."""
        return None if self.free is None or self.paid is None or not self.known else self.free + self.paid


@dataclass(frozen=True, slots=True)
class Reservation:
    """Credits that are promised to a task; `settled_at` is when they were spent or released."""

    amount: int
    state: ReservationState
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that is known about one account's credits.

    `refreshes` are the instants of checks that found new free credits, oldest first. `queue` says that an earlier task
    waits for credits, so that none overtakes it.
    """

    seen: Observation | None = None
    reservations: tuple[Reservation, ...] = ()
    refreshes: tuple[datetime, ...] = ()
    queue: bool = False


UNREAD = Ledger()


def taken(reservations: Iterable[Reservation], checked_at: datetime) -> int:
    """Return the credits that an observation does not account for yet: reserved ones, and those spent since.

    What was spent before the check is missing on the page already. What is being spent during it may be counted twice for
    a while: too few is safe, too many is not.
    """
    return sum(
        one.amount
        for one in reservations
        if one.state == "reserved" or (one.state == "spent" and one.settled_at is not None and one.settled_at >= checked_at)
    )


def available(ledger: Ledger) -> int | None:
    """Return how many credits are not reserved; None where they are unknown."""
    if ledger.seen is None or ledger.seen.total is None:
        return None
    return max(0, ledger.seen.total - taken(ledger.reservations, ledger.seen.checked_at))


def reserved(ledger: Ledger, amount: int) -> Ledger:
    """Return the ledger after so many more credits were reserved."""
    return replace(ledger, reservations=(*ledger.reservations, Reservation(amount, "reserved")))


def is_refresh(before: Observation | None, after: Observation) -> bool:
    """Return whether a check found more free credits than the last one that could be read."""
    if before is None or before.free is None or after.free is None:
        return False
    return after.free > before.free


def refresh_interval(refreshes: Sequence[datetime]) -> timedelta | None:
    """Return the median time between observed refreshes; None with fewer than two of them."""
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(sorted(set(refreshes)))]
    return timedelta(seconds=median(gaps)) if gaps else None


def expected_refresh(ledger: Ledger, now: datetime) -> datetime | None:
    """Return when new credits are expected after `now`: from the page, else from earlier refreshes, else None."""
    said = ledger.seen.refreshes_at if ledger.seen is not None else None
    if said is not None and said > now:
        return said
    interval = refresh_interval(ledger.refreshes)
    if interval is None or interval <= timedelta(0):
        return None
    last = max(ledger.refreshes)
    passed = (now - last) // interval
    return last + interval * (max(0, passed) + 1)


def next_look(
    ledger: Ledger, *, since: datetime, waiting_since: datetime | None, failed_at: datetime | None = None
) -> datetime:
    """Return when the page should be checked.

    That is at the refresh that was expected when it was last read; soon after a task has begun to wait for credits, and
    every quarter of an hour while nobody knows when more will come; else every hour. `since` is when the account was
    connected, `waiting_since` when the newest of the waiting tasks came (None: none waits). After `failed_at`, when a check
    failed for good, the next one comes a quarter of an hour later.
    """
    if failed_at is not None:
        first = next_look(ledger, since=since, waiting_since=waiting_since)
        return max(first, failed_at + WAITING_LOOK)
    if ledger.seen is None:
        return since + IDLE_LOOK if waiting_since is None else since
    checked_at = ledger.seen.checked_at
    refresh = expected_refresh(ledger, checked_at)
    often = waiting_since is not None and refresh is None
    looks = [checked_at + (WAITING_LOOK if often else IDLE_LOOK)]
    if refresh is not None:
        looks.append(refresh + AFTER_REFRESH)
    if waiting_since is not None and waiting_since > checked_at:
        looks.append(max(waiting_since, checked_at + SOONEST_LOOK))
    return min(looks)


def why_not(ledger: Ledger, *, needs: int, at_least: int = 0, refreshes_at: datetime | None = None) -> str:
    """Return why a task that needs so many credits may not begin; "" where it may.

    `at_least` is how many must be there before it begins, whatever it needs itself; at `refreshes_at` more are expected.
    """
    left = available(ledger)
    if left is None:
        return "credits are unknown: " + ("nobody has looked yet" if ledger.seen is None else "the page could not be read")
    if left < max(needs, at_least):
        wants = f"needs {needs} credits" if needs >= at_least else f"waits until there are {at_least} credits"
        more = "" if refreshes_at is None else f", refreshes {refreshes_at:%Y-%m-%d %H:%M} UTC"
        return f"{wants}, has {left}{more}"
    return "waits its turn: an earlier task waits for credits" if ledger.queue else ""
