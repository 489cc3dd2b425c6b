"""PgQueuer on PostgreSQL, over asyncpg. A program, since this version's `pgq run` fails over its own `--log-level`."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from functools import partial

import asyncpg
import noted
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job
from pgqueuer.queries import Queries

DATABASE_URL = os.environ["BENCH_DATABASE_URL"]
AT_ONCE = 1_000
FETCHED = 100
TRIES_AGAIN = partial(DatabaseRetryEntrypointExecutor, max_attempts=noted.TRIES, initial_delay=timedelta(0))


async def main() -> PgQueuer:
    """Return the consumer."""
    consumer = PgQueuer(AsyncpgDriver(await asyncpg.connect(DATABASE_URL)))

    @consumer.entrypoint("noop")
    async def noop(_: Job) -> None:
        """Do nothing."""

    @consumer.entrypoint("wait")
    async def wait(_: Job) -> None:
        """Wait as for an answer."""
        await asyncio.sleep(noted.WAIT_S)

    @consumer.entrypoint("flaky", executor_factory=TRIES_AGAIN)
    async def flaky(_: Job) -> None:
        """Fail every second time."""
        noted.fail_sometimes()

    @consumer.entrypoint("note")
    async def note(job: Job) -> None:
        """Note when it began."""
        noted.note(int(job.payload or b"0"))

    @consumer.entrypoint("ended")
    async def ended(_: Job) -> None:
        """Note that all before were taken."""
        noted.note_end()

    return consumer


class Client:
    """How it takes work."""

    def __init__(self) -> None:
        self._queries: Queries | None = None

    async def _connected(self) -> Queries:
        self._queries = self._queries or Queries(AsyncpgDriver(await asyncpg.connect(DATABASE_URL)))
        return self._queries

    async def one(self, task: str, *args: int) -> None:
        """Submit one task."""
        await (await self._connected()).enqueue(task, _payload(args))

    async def many(self, task: str, count: int) -> None:
        """Submit the same task many times."""
        queries = await self._connected()
        for first in range(0, count, AT_ONCE):
            size = min(AT_ONCE, count - first)
            await queries.enqueue([task] * size, [None] * size, [0] * size)

    async def later(self, task: str, delay_s: float, *args: int) -> None:
        """Submit one task that is due then."""
        await (await self._connected()).enqueue(task, _payload(args), execute_after=timedelta(seconds=delay_s))


def _payload(args: tuple[int, ...]) -> bytes | None:
    return str(args[0]).encode() if args else None


async def work() -> None:
    """Do what comes, as `pgq run --batch-size 100` would."""
    await (await main()).run(batch_size=FETCHED)


if __name__ == "__main__":
    uvloop.run(work())
