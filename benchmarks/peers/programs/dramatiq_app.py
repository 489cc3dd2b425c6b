"""Dramatiq on Redis."""

from __future__ import annotations

import time

import dramatiq
import noted
from dramatiq.brokers.redis import RedisBroker

broker = RedisBroker(url=noted.REDIS_URL)
dramatiq.set_broker(broker)


@dramatiq.actor
def noop() -> None:
    """Do nothing."""


@dramatiq.actor
def wait() -> None:
    """Wait as for an answer."""
    time.sleep(noted.WAIT_S)


_ACTORS = {
    "noop": noop,
    "wait": wait,
    "note": dramatiq.actor(noted.note),
    "ended": dramatiq.actor(noted.note_end),
    "flaky": dramatiq.actor(noted.fail_sometimes, max_retries=noted.TRIES, min_backoff=1, max_backoff=1),
}


class Client:
    """How it takes work."""

    async def one(self, task: str, *args: int) -> None:
        """Submit one task."""
        _ACTORS[task].send(*args)

    async def many(self, task: str, count: int) -> None:
        """Submit the same task many times."""
        for _ in range(count):
            _ACTORS[task].send()

    async def later(self, task: str, delay_s: float, *args: int) -> None:
        """Submit one task that is due then."""
        _ACTORS[task].send_with_options(args=args, delay=round(delay_s * 1000))
