"""Procrastinate on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta

import noted
from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_DATABASE_URL"]))
AT_ONCE = 1_000


@app.task(name="noop")
async def noop() -> None:
    """Do nothing."""


@app.task(name="wait")
async def wait() -> None:
    """Wait as for an answer."""
    await asyncio.sleep(noted.WAIT_S)


@app.task(name="flaky", retry=noted.TRIES)
async def flaky() -> None:
    """Fail every second time."""
    noted.fail_sometimes()


@app.task(name="note")
async def note(number: int) -> None:
    """Note when it began."""
    noted.note(number)


@app.task(name="ended")
async def ended() -> None:
    """Note that all before were taken."""
    noted.note_end()


class Client:
    """How it takes work."""

    def __init__(self) -> None:
        self._is_open = False

    async def _opened(self) -> App:
        if not self._is_open:
            await app.open_async()
            self._is_open = True
        return app

    async def one(self, task: str, *args: int) -> None:
        """Submit one task."""
        await (await self._opened()).tasks[task].defer_async(**_named(args))

    async def many(self, task: str, count: int) -> None:
        """Submit the same task many times."""
        opened = await self._opened()
        for first in range(0, count, AT_ONCE):
            await opened.tasks[task].batch_defer_async(*[{}] * min(AT_ONCE, count - first))

    async def later(self, task: str, delay_s: float, *args: int) -> None:
        """Submit one task that is due then."""
        due = datetime.now(UTC) + timedelta(seconds=delay_s)
        await (await self._opened()).tasks[task].configure(schedule_at=due).defer_async(**_named(args))


def _named(args: tuple[int, ...]) -> dict[str, int]:
    return {"number": args[0]} if args else {}
