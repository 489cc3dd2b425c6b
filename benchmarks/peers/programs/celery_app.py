"""Celery on Redis, by its documented defaults."""

from __future__ import annotations

import time

import noted
from celery import Celery

app = Celery("bench", broker=noted.REDIS_URL)
app.conf.task_ignore_result = True


@app.task(name="noop")
def noop() -> None:
    """Do nothing."""


@app.task(name="wait")
def wait() -> None:
    """Wait as for an answer."""
    time.sleep(noted.WAIT_S)


app.task(noted.note, name="note")
app.task(noted.note_end, name="ended")
app.task(
    noted.fail_sometimes,
    name="flaky",
    autoretry_for=(noted.RefusedError,),
    default_retry_delay=0,
    max_retries=noted.TRIES,
)


class Client:
    """How it takes work."""

    async def one(self, task: str, *args: int) -> None:
        """Submit one task."""
        app.tasks[task].delay(*args)

    async def many(self, task: str, count: int) -> None:
        """Submit the same task many times."""
        for _ in range(count):
            app.tasks[task].delay()

    async def later(self, task: str, delay_s: float, *args: int) -> None:
        """Submit one task that is due then."""
        app.tasks[task].apply_async(args, countdown=delay_s)
