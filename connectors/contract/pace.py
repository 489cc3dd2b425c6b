"""How does a manifest say how much an account of its platform may do?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from shared.platform_rules import NOTHING, Limits, Quiet, Rule, Spacing

HOUR, DAY = 3600, 86_400
NO_LIMITS = NOTHING  # a maker of films sets none, and nobody receives the films


@dataclass(frozen=True, slots=True)
class Pace:
    """So many of one action an hour and a day (0: no such rule), and a pause between two of `pause_s` seconds (0, 0: none).

    Figures are what operators of such systems use; where a platform publishes a limit, half of it.
    """

    hour: int
    day: int
    pause_s: tuple[float, float]


def limits_of(paces: Mapping[str, Pace], *, active: tuple[int, int] | None) -> Limits:
    """Return an account's limits by its actions, and the hours of its persona's day in which it is active (None: all)."""
    windows = [(action, window, most) for action, pace in paces.items() for window, most in _windows(pace)]
    return Limits(
        rules=tuple(Rule(*one) for one in windows if one[2]),
        spacing=tuple(Spacing(action, *pace.pause_s) for action, pace in paces.items() if any(pace.pause_s)),
        quiet=None if active is None else Quiet(time(active[1]), time(active[0]), ""),
    )


def _windows(pace: Pace) -> tuple[tuple[int, int], ...]:
    return (HOUR, pace.hour), (DAY, pace.day)
