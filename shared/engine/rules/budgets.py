"""Is there room in every rolling window, and when is there room again?

An effect occupies its windows from its intent until its settlement plus the window: whatever moment the platform counts
from, its count is never above ours. An open effect counts, and is assumed to settle at its call's deadline; where that has
passed nobody knows when it will settle, and it is checked again in a while.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.engine.rules.limits import ANY, Limits, Rule, Spacing, covers

# Each settlement counts anew, so that this delays no task: it only keeps others from being released in vain meanwhile.
OVERDUE = timedelta(minutes=5)
# When a rule of 0 has room again: later than anything, so that it decides among others; shown to nobody (`opens_itself_at`).
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Used:
    """An effect in the ledger: its action, its id, when it settled (None: not yet), and by when it will have."""

    action: str
    effect_id: UUID
    settled_at: datetime | None
    call_deadline: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """The part of every budget that a cooldown leaves (of 1), and until when. At least one action of each stays."""

    part: float
    until: datetime


@dataclass(frozen=True, slots=True)
class Use:
    """The use of one rule: `used` of `max`, and when there is room again (None: there is room now)."""

    rule: Rule
    used: int
    max: int
    free_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """The sum of the ledger for one rule, without its rows.

    `frees_at` is when the first slot is free again that keeps it from having room, or would if it were full (None: nothing
    occupies it).
    """

    rule: Rule
    used: int
    max: int
    frees_at: datetime | None

    def with_one(self, action: str, ends_at: datetime) -> Tally:
        """Return the tally after one more effect, for which there was room and which is assumed to settle at `ends_at`."""
        if not covers(self.rule.action, action):
            return self
        its_end = ends_at + timedelta(seconds=self.rule.window_s)
        first = its_end if self.frees_at is None else min(self.frees_at, its_end)
        return Tally(self.rule, self.used + 1, self.max, first)

    def use(self) -> Use:
        """Return how full the rule is."""
        if self.used < self.max:
            return Use(self.rule, self.used, self.max, None)
        never = self.max == 0 or self.frees_at is None
        return Use(self.rule, self.used, self.max, NEVER if never else self.frees_at)


def most_of(rule: Rule, share: Share | None) -> int:
    """Return how many a rule allows, of all or of a cooldown's share: at least one action, unless the rule allows none."""
    return rule.max if share is None or rule.max == 0 else max(1, int(rule.max * share.part))


def with_share_over(
    rule: Rule, used: int, frees_at: datetime | None, share: Share, whole: datetime | None
) -> datetime | None:
    """Return when there is room again: by `frees_at` in the share, or when that ends; `whole` is the time without it."""
    if frees_at is None or rule.max == 0:
        return frees_at
    return min(frees_at, share.until if used < rule.max or whole is None else max(share.until, whole))


def longest_window(limits: Limits) -> timedelta:
    """Return how far back the ledger must be read."""
    return max(timedelta(seconds=max((rule.window_s for rule in limits.rules), default=0)), longest_pause(limits))


def longest_pause(limits: Limits) -> timedelta:
    """Return how far back an effect may lie that a pause still follows."""
    return timedelta(seconds=max((int(one.max_s) + 1 for one in limits.spacing), default=0))


def uses(limits: Limits, ledger: Sequence[Used], now: datetime, *, share: Share | None = None) -> list[Use]:
    """Return how full each rule is, of all or of the share that a cooldown leaves."""
    return [_use(rule, ledger, now, share) for rule in limits.rules]


def full(found: Sequence[Use], action: str) -> Use | None:
    """Return the rule that keeps this action waiting longest, None where none does."""
    closed = [(use.free_at, use) for use in found if use.free_at is not None and covers(use.rule.action, action)]
    return max(closed, key=lambda pair: pair[0])[1] if closed else None


def opens_itself_at(free_at: datetime | None) -> datetime | None:
    """Return when a full rule has room again by itself; None: never."""
    return None if free_at == NEVER else free_at


def describe_use(use: Use) -> str:
    """Return why a full rule keeps others waiting, in words."""
    what = "actions" if use.rule.action == ANY else f"{use.rule.action} actions"
    if use.rule.max == 0:
        return f"a limit of 0 lets no {what} through until somebody changes it"
    minutes = use.rule.window_s / 60
    window = f"{minutes / 60:g} h" if minutes >= 60 else f"{minutes:g} min"  # noqa: PLR2004 - minutes of an hour
    return f"{use.used} of {use.max} {what} within {window} are used"


def spaced_until(limits: Limits, ledger: Sequence[Used], action: str, now: datetime) -> datetime | None:
    """Return when the last action is far enough back for the next; None if it is now."""
    ends = [
        _settles(used, now) + timedelta(seconds=_drawn(one, used.effect_id))
        for one in limits.spacing
        if covers(one.action, action)
        for used in ledger
        if covers(one.action, used.action)
    ]
    latest = max(ends, default=now)
    return latest if latest > now else None


@dataclass(frozen=True, slots=True)
class Full:
    """A scope that has to be parked for one action (`#*`: for any) by one gate, until it opens by itself (None: never)."""

    key: str
    gate: str
    reason: str
    opens_at: datetime | None


def to_park(scope: str, limits: Limits, ledger: Sequence[Used], now: datetime, *, share: Share | None = None) -> list[Full]:
    """Return what of a scope is full or too close now, with the latest opening for each action and gate."""
    return full_of(scope, limits, uses(limits, ledger, now, share=share), ledger, now)


def full_of(scope: str, limits: Limits, found_uses: Sequence[Use], recent: Sequence[Used], now: datetime) -> list[Full]:
    """Return the same for rules that are counted already; `recent` are the effects that pauses may still follow."""
    found = [
        Full(f"{scope}#{use.rule.action}", "budgets", describe_use(use), opens_itself_at(use.free_at))
        for use in found_uses
        if use.free_at is not None
    ]
    for one in limits.spacing:
        until = spaced_until(Limits(spacing=(one,)), recent, one.action, now)
        if until is not None:
            found.append(Full(f"{scope}#{one.action}", "spacing", "a pause since the last action", until))
    return list({(full.key, full.gate): full for full in sorted(found, key=lambda full: full.opens_at or NEVER)}.values())


def _use(rule: Rule, ledger: Sequence[Used], now: datetime, share: Share | None) -> Use:
    window = timedelta(seconds=rule.window_s)
    ends = sorted(_settles(used, now) + window for used in ledger if covers(rule.action, used.action))
    occupied = [end for end in ends if end > now]
    whole = _free_at(occupied, rule.max)
    if share is None:
        return Use(rule, len(occupied), rule.max, whole)
    most = most_of(rule, share)
    meanwhile = _free_at(occupied, most)
    return Use(rule, len(occupied), most, with_share_over(rule, len(occupied), meanwhile, share, whole))


def _free_at(occupied: Sequence[datetime], most: int) -> datetime | None:
    """Return when there is room for one more; None if there is now."""
    if len(occupied) < most:
        return None
    return occupied[len(occupied) - most] if most else NEVER


def _settles(used: Used, now: datetime) -> datetime:
    return used.settled_at or (used.call_deadline if used.call_deadline > now else now + OVERDUE)


def _drawn(spacing: Spacing, effect_id: UUID) -> float:
    """Return the pause after an effect: the same for every caller and at every call."""
    share = int.from_bytes(hashlib.sha256(effect_id.bytes).digest()[:4]) / 2**32
    return spacing.min_s + (spacing.max_s - spacing.min_s) * share
