"""How is a figure shown: what was measured, the result, the target?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the table in `README.md`."""

    what: str
    measured: str
    wanted: str = ""


def share_at(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (of 1) of all values do not exceed: 0.5 is the median, 0.99 the p99."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return share_at(values, 0.5)


def p99(values: Sequence[float]) -> float:
    """Return the value below which 99 of 100 stay."""
    return share_at(values, 0.99)
