"""Taskiq on a Redis list; what is due later goes through its scheduler, a process of its own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import noted
from taskiq import SimpleRetryMiddleware, TaskiqScheduler
from taskiq_redis import ListQueueBroker, ListRedisScheduleSource

broker = ListQueueBroker(noted.REDIS_URL).with_middlewares(SimpleRetryMiddleware(default_retry_count=noted.TRIES))
source = ListRedisScheduleSource(noted.REDIS_URL)
scheduler = TaskiqScheduler(broker, [source])


@broker.task(task_name="noop")
async def noop() -> None:
    """Do nothing."""


@broker.task(task_name="wait")
async def wait() -> None:
    """Wait as for an answer."""
    await asyncio.sleep(noted.WAIT_S)


@broker.task(task_name="flaky", retry_on_error=True)
async def flaky() -> None:
    """Fail every second time."""
    noted.fail_sometimes()


_TASKS = {
    "noop": noop,
    "wait": wait,
    "flaky": flaky,
    "note": broker.task(task_name="note")(noted.note),
    "ended": broker.task(task_name="ended")(noted.note_end),
}


class Client:
    """How it takes work."""

    async def one(self, task: str, *args: int) -> None:
        """Submit one task."""
        await _TASKS[task].kiq(*args)

    async def many(self, task: str, count: int) -> None:
        """Submit the same task many times."""
        for _ in range(count):
            await _TASKS[task].kiq()

    async def later(self, task: str, delay_s: float, *args: int) -> None:
        """Submit one task that is due then."""
        await _TASKS[task].schedule_by_time(source, datetime.now(UTC) + timedelta(seconds=delay_s), *args)
