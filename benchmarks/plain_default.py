"""How many tasks does plain Celery do? No-op tasks by its documented defaults; the peer of the throughput."""

from __future__ import annotations

import os
import time

import redis
from celery import Celery

ADDRESS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/0")
ENDED = "bench:ended"

app = Celery("plain", broker=ADDRESS, backend=ADDRESS)


@app.task(name="nothing", ignore_result=True)  # type: ignore[untyped-decorator]  # Celery ships no types
def nothing() -> None:
    """Do nothing; not even counting, which would cost it something."""


@app.task(name="kept")  # type: ignore[untyped-decorator]  # Celery ships no types
def kept() -> None:
    """Do nothing, and let Celery keep what came of it in Redis, as it does by default."""


@app.task(name="ended", ignore_result=True)  # type: ignore[untyped-decorator]  # Celery ships no types
def ended() -> None:
    """Note the instant; one process does its tasks in their order, so all before this one are done."""
    redis.Redis.from_url(ADDRESS).set(ENDED, repr(time.time()))
