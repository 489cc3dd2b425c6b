"""What does a tick cost while a million tasks are stored and nothing is due?"""

from __future__ import annotations

import asyncio

from benchmarks import stored
from benchmarks.figure import Figure, median, p99
from benchmarks.home import Home
from benchmarks.tick import leading

TICKS = 500


def figures(home: Home) -> list[Figure]:
    """Return the median and the p99, with looks for lost work and renewals of the lease among them."""
    stored.fill(home)
    took = asyncio.run(_ticks(home))
    return [
        Figure("1,000,000 future tasks: a tick with nothing due, median", f"{median(took):.1f} ms", "under 5 ms"),
        Figure("1,000,000 future tasks: a tick with nothing due, p99", f"{p99(took):.1f} ms"),
    ]


async def _ticks(home: Home) -> list[float]:
    async with leading(home) as loop:
        took = []
        for _ in range(TICKS):
            await loop.round()
            took.append(loop.lag_ms)
    return took
