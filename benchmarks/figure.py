"""How is a figure told: what was measured, what came out, what is wanted?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the table in `README.md`."""

    what: str
    measured: str
    wanted: str = ""


def share_at(values: Sequence[float], share: float) -> float:
    """The value that `share` (of 1) of all values do not exceed: 0.5 is the median, 0.99 the p99."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return share_at(values, 0.5)


def p99(values: Sequence[float]) -> float:
    """What 99 of 100 stay below."""
    return share_at(values, 0.99)
