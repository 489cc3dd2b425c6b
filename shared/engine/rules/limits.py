"""How much may be done, by whom, in which time? Rules of four kinds of scope, with defaults.

Figures are what operators of such systems use; where a platform publishes a limit, half of it. A practice account is held
by those rules only that somebody has set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

HOUR, DAY = 3600, 86_400
ANY = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `max` actions of this kind (`*`: any outward action) in any rolling window of `window_s` seconds."""

    action: str
    window_s: int
    max: int


@dataclass(frozen=True, slots=True)
class Spacing:
    """Between two actions of this kind (`*`: any) lie at least `min_s` to `max_s` seconds, drawn once for each."""

    action: str
    min_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` to `end` by the clock of an IANA zone nothing outward begins; over midnight where start is later."""

    start: time
    end: time
    zone: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one scope. `quiet` without a zone of its own takes the persona's."""

    rules: tuple[Rule, ...] = ()
    spacing: tuple[Spacing, ...] = ()
    quiet: Quiet | None = None


NOTHING = Limits()


def _per_account(dm: tuple[int, int], pause: tuple[int, int], comment: tuple[int, int], between: tuple[int, int]) -> Limits:
    """Messages an hour and a day, their pause; comments an hour and a day (0: no such rule), theirs (seconds)."""
    wanted = [("dm", HOUR, dm[0]), ("dm", DAY, dm[1]), ("comment", HOUR, comment[0]), ("comment", DAY, comment[1])]
    return Limits(
        rules=tuple(Rule(action, window_s, most) for action, window_s, most in wanted if most),
        spacing=tuple(Spacing(action, *some) for action, some in (("dm", pause), ("comment", between)) if any(some)),
        quiet=Quiet(time(21), time(9), ""),
    )


# Per account, by platform: figures of operators, as rolling windows.
BY_PLATFORM: Mapping[str, Limits] = {
    "instagram": _per_account((10, 30), (60, 300), (5, 15), (120, 300)),
    "x": _per_account((15, 100), (90, 240), (10, 30), (60, 180)),
    "tiktok": _per_account((10, 50), (120, 300), (5, 0), (180, 180)),
    "threads": _per_account((10, 30), (120, 300), (5, 20), (60, 180)),
    "linkedin": Limits((Rule("dm", HOUR, 10), Rule("dm", DAY, 50)), (Spacing("dm", 30, 120),), Quiet(time(18), time(8), "")),
    "youtube": Limits((Rule("comment", HOUR, 3),), (Spacing("comment", 300, 300),)),
}

# All platforms together.
BY_PERSONA = Limits(rules=(Rule(ANY, HOUR, 30), Rule(ANY, DAY, 150)), spacing=(Spacing(ANY, 60, 60),))

# Between two unsolicited messages to the same person, by platform; elsewhere there is no such rule.
SAME_RECIPIENT: Mapping[str, timedelta] = {
    "x": timedelta(hours=24),
    "instagram": timedelta(hours=48),
    "tiktok": timedelta(hours=72),
}
SAME_TEXT = timedelta(hours=24)  # the same comment by one account
SIMILAR_TO_LAST = 5  # a comment is compared with so many before it
TOO_SIMILAR = 0.9  # of 1, by difflib's ratio


def default_for(scope: str, platform: str | None, *, practice: bool) -> Limits:
    """What holds for a scope (`account:…`, `persona:…`, `platform:…`, `workspace`) that nobody has set."""
    if practice:
        return NOTHING
    if scope.startswith("account:"):
        return BY_PLATFORM.get(platform or "", NOTHING)
    return BY_PERSONA if scope.startswith("persona:") else NOTHING


def to_json(limits: Limits) -> dict[str, Any]:
    """Limits as they are stored."""
    return {
        "rules": [{"action": rule.action, "window_s": rule.window_s, "max": rule.max} for rule in limits.rules],
        "spacing": [{"action": one.action, "min_s": one.min_s, "max_s": one.max_s} for one in limits.spacing],
        "quiet": None
        if limits.quiet is None
        else {"from": f"{limits.quiet.start:%H:%M}", "to": f"{limits.quiet.end:%H:%M}", "zone": limits.quiet.zone},
    }


def from_json(stored: Mapping[str, Any]) -> Limits:
    """Stored limits."""
    quiet = stored.get("quiet")
    return Limits(
        rules=tuple(Rule(one["action"], one["window_s"], one["max"]) for one in stored.get("rules", ())),
        spacing=tuple(Spacing(one["action"], one["min_s"], one["max_s"]) for one in stored.get("spacing", ())),
        quiet=quiet and Quiet(time.fromisoformat(quiet["from"]), time.fromisoformat(quiet["to"]), quiet["zone"]),
    )


def covers(ruled: str, action: str) -> bool:
    """Whether a rule for `ruled` bites on this action."""
    return ruled in {ANY, action}
