"""When is a delivery that failed tried again?

The waits are those that the Standard Webhooks specification proposes; up to a fifth is added or taken off at random, so that
what failed together is not repeated together.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

WAITS_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.2


def next_try(
    *, tries: int, since: datetime, now: datetime, give_up: timedelta, jitter: random.Random, asked: datetime | None = None
) -> datetime | None:
    """Return the next instant after `tries` failures in a series that began at `since`; None when it is dead.

    `asked` is the instant before which the receiver wants no try. The last try falls on the end of the series itself.
    """
    ends = since + give_up
    if now >= ends:
        return None
    wait_s = WAITS_S[min(max(tries, 1), len(WAITS_S)) - 1] * jitter.uniform(1 - JITTER, 1 + JITTER)
    return min(ends, max(now + timedelta(seconds=wait_s), asked or now))
