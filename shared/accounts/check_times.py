"""When is an account checked automatically, and which of the accounts that are due are checked now?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

# About once a day: each account at an hour of its own, which moves, so that it is never checked twice in a working day.
CHECK_AT_LEAST = timedelta(hours=22)
CHECK_SPREAD = timedelta(hours=4)
_SHARES = 9973  # a prime: the last digits of ids are random


@dataclass(frozen=True, slots=True)
class Check:
    """A check of an account that may be made, over its lane, from `due_at` on."""

    account: UUID
    lane: str
    due_at: datetime


def next_check(account: UUID, since: datetime) -> datetime:
    """Return when an account is checked that was last checked, or connected, at `since`."""
    return since + CHECK_AT_LEAST + CHECK_SPREAD * (account.int % _SHARES / _SHARES)


def next_reading(every_s: int, last: datetime | None, now: datetime) -> datetime:
    """Return when an inbox is read again; at once where it never was."""
    return now if last is None else last + timedelta(seconds=every_s)


def one_for_each_lane(
    looks: Iterable[Check], now: datetime, *, served: Collection[str], busy: Collection[str]
) -> list[Check]:
    """Return the check of each lane that is due longest; none for lanes without workers or with an open check.

    However long everything stood still, a lane gets one at a time, and its other work goes between.
    """
    chosen: dict[str, Check] = {}
    for look in sorted(looks, key=lambda one: (one.due_at, one.account)):
        if look.due_at <= now and look.lane in served and look.lane not in busy:
            chosen.setdefault(look.lane, look)
    return list(chosen.values())
