"""What does the same step cost in plain Celery? A no-op task that notes when it began; the peer of the latency figures."""

from __future__ import annotations

import os
import time

import redis
from celery import Celery

ADDRESS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/0")
STARTS = "bench:starts"

app = Celery("plain", broker=ADDRESS)
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1, task_acks_late=True)


@app.task(name="noop")  # type: ignore[untyped-decorator]  # Celery ships no types
def noop(number: int) -> None:
    """Note the instant at which it began."""
    redis.Redis.from_url(ADDRESS).hset(STARTS, str(number), repr(time.time()))
