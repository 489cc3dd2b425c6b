"""What the tasks of all peers share: how instants are noted, how long one waits, and which attempts fail.

A program has five tasks: `noop` does nothing, `wait` waits 5 ms as for an answer, `note` notes when it began, `ended`
notes the instant once all before it were taken, and every second attempt at `flaky` fails. Its client submits them one by
one, many in the way its documentation has for many, or for later.
"""

from __future__ import annotations

import os
import random
import time
from functools import cache

import redis

REDIS_URL = os.environ["BENCH_REDIS_URL"]
STARTS, ENDED, DONE = "bench:starts", "bench:ended", "bench:done"
WAIT_S = 0.005
FAILS = 0.5
TRIES = 30  # so that no task is given up


class RefusedError(Exception):
    """Raised by an attempt that fails."""


def note(number: int) -> None:
    """Note when the task of this number began."""
    connect().hset(STARTS, str(number), repr(time.time()))


def note_end() -> None:
    """Note that all before were taken."""
    connect().set(ENDED, repr(time.time()))


def fail_sometimes() -> None:
    """Fail every second time; else count.

    Raises:
        RefusedError: this attempt is one that fails.
    """
    if random.random() < FAILS:
        raise RefusedError
    connect().incr(DONE)


@cache
def connect() -> redis.Redis:
    """Return a connection to where instants are noted."""
    return redis.Redis.from_url(REDIS_URL)
