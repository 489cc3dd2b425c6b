"""How many tasks does one measurement take, so that it lasts about as long with every queue?"""

from __future__ import annotations

LASTS_S = 1.0
LEAST, MOST = 300, 20_000


def count_for(a_second: float) -> int:
    """Return how many tasks take about a second at this rate, in hundreds, within what is sensible."""
    return max(LEAST, min(MOST, round(a_second * LASTS_S / 100) * 100))
