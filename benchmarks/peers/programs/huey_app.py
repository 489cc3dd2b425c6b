"""Huey on Redis, without results."""

from __future__ import annotations

import time

import noted
from huey import RedisHuey

huey = RedisHuey("bench", url=noted.REDIS_URL, results=False)


@huey.task()
def noop() -> None:
    """Do nothing."""


@huey.task()
def wait() -> None:
    """Wait as for an answer."""
    time.sleep(noted.WAIT_S)


_TASKS = {
    "noop": noop,
    "wait": wait,
    "note": huey.task()(noted.note),
    "ended": huey.task()(noted.note_end),
    "flaky": huey.task(retries=noted.TRIES)(noted.fail_sometimes),
}


class Client:
    """How it takes work."""

    async def one(self, task: str, *args: int) -> None:
        """Submit one task."""
        _TASKS[task](*args)

    async def many(self, task: str, count: int) -> None:
        """Submit the same task many times."""
        for _ in range(count):
            _TASKS[task]()

    async def later(self, task: str, delay_s: float, *args: int) -> None:
        """Submit one task that is due then."""
        _TASKS[task].schedule(args, delay=delay_s)
