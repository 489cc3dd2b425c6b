"""RQ, without results."""

from __future__ import annotations

import time
from datetime import timedelta

import noted
from redis import Redis
from rq import Queue, Retry

queue = Queue(connection=Redis.from_url(noted.REDIS_URL))
AT_ONCE = 1_000


def noop() -> None:
    """Do nothing."""


def wait() -> None:
    """Wait as for an answer."""
    time.sleep(noted.WAIT_S)


note, ended, flaky = noted.note, noted.note_end, noted.fail_sometimes


class Client:
    """How it takes work."""

    async def one(self, task: str, *args: int) -> None:
        """Submit one task."""
        queue.enqueue(f"rq_app.{task}", *args, result_ttl=0)

    async def many(self, task: str, count: int) -> None:
        """Submit the same task many times."""
        retry = Retry(max=noted.TRIES) if task == "flaky" else None
        for first in range(0, count, AT_ONCE):
            job = Queue.prepare_data(f"rq_app.{task}", result_ttl=0, retry=retry)
            queue.enqueue_many([job] * min(AT_ONCE, count - first))

    async def later(self, task: str, delay_s: float, *args: int) -> None:
        """Submit one task that is due then."""
        queue.enqueue_in(timedelta(seconds=delay_s), f"rq_app.{task}", *args, result_ttl=0)
