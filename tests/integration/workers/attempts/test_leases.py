"""What does a worker do about an attempt whose lease is not its own any more?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from shared.db.session import connect
from shared.engine.store import attempts
from tests.support.gateway import Gateway
from tests.support.worker import worker
from workers.attempts.process import WorkerProcess


async def renew(process: WorkerProcess) -> tuple[asyncio.Task, asyncio.Task]:
    working = asyncio.create_task(asyncio.Event().wait())
    done = asyncio.create_task(asyncio.sleep(0))
    await done
    process.at_hand |= {1: working, 2: done}  # neither is an open attempt in the database
    await process.renew_leases(process.engine)
    await asyncio.wait([working], timeout=5)
    return working, done


def test_who_lost_a_lease_stops_and_who_is_done_lost_none(gateway: Gateway):
    found: list[asyncio.Task] = []

    async def look(process: WorkerProcess) -> None:
        found.extend(await renew(process))

    with worker(gateway) as process, capture_logs() as logs:
        process.run(look(process))

    working, done = found
    assert working.cancelled()
    assert not done.cancelled()
    assert [entry["attempt"] for entry in logs if entry["event"] == "lease.lost"] == [1]


WHO = attempts.Process("this-machine", 7, "boot/7")
OTHERS = [
    attempts.Process("another-machine", 7, "boot/7"),
    attempts.Process("this-machine", 8, "boot/7"),
    attempts.Process("this-machine", 7, "boot/8"),
    attempts.Process("this-machine", 7, None),
]
Said = Callable[[AsyncConnection, Row[Any]], Awaitable[object]]
BY_NUMBER: dict[str, Said] = {
    "renewed": lambda connection, row: attempts.renew(connection, WHO, [row.attempt_id], 600),
    "held": lambda connection, row: attempts.lock_leases(connection, WHO, [(row.attempt_id, row.id)], 600),
    "recorded": lambda connection, row: attempts.record(
        connection, WHO, [attempts.Ended(row.attempt_id, row.id, "done", "completed", result={})]
    ),
    "given a browser": lambda connection, row: attempts.note_browser(connection, WHO, row.attempt_id, 9, "boot/9"),
    "given a host": lambda connection, row: attempts.note_browser_host(connection, WHO, row.attempt_id, "mac", 3),
}
STANDS = """
    SELECT extract(epoch FROM lease_until - now()) > 300 AS renewed, ended_at IS NOT NULL AS recorded, browser_pid,
           browser_host FROM attempts
"""


@pytest.mark.parametrize("said", BY_NUMBER.values(), ids=BY_NUMBER)
def test_of_an_attempt_whose_number_has_come_again_nothing_is_taken_from_another_process(gateway: Gateway, said: Said):
    """After a failover the same number may belong to another process's attempt at the same task."""
    task = gateway.submit()["id"]
    gateway.query("UPDATE tasks SET status = 'queued', released_at = now()")

    async def say() -> None:
        engine = connect(gateway.settings, "worker", pool_size=1)
        try:
            async with engine.begin() as connection:
                [row] = await attempts.claim(connection, [(UUID(task), 0)], WHO, timeout_s=900, lease_s=60)
            before = gateway.query(STANDS)
            for other in OTHERS:
                gateway.query(
                    "UPDATE attempts SET host = %(host)s, pid = %(pid)s, process_identity = %(identity)s",
                    host=other.host, pid=other.pid, identity=other.identity,
                )  # fmt: skip
                async with engine.begin() as connection:
                    assert not await said(connection, row), other
                assert gateway.query(STANDS) == before, other
            gateway.query("UPDATE attempts SET host = 'this-machine', pid = 7, process_identity = 'boot/7'")
            async with engine.begin() as connection:
                await said(connection, row)
            assert gateway.query(STANDS) != before
        finally:
            await engine.dispose()

    asyncio.run(say())


def test_who_renews_the_lease_of_another_process_stops_at_once(gateway: Gateway):
    """Its own attempt is gone with what the database has lost."""
    task = gateway.submit()["id"]
    gateway.query("UPDATE tasks SET status = 'queued', released_at = now()")
    working: list[asyncio.Task[Any]] = []

    async def look(process: WorkerProcess) -> None:
        async with process.engine.begin() as connection:
            [row] = await attempts.claim(connection, [(UUID(task), 0)], process.who, timeout_s=900, lease_s=60)
        working.append(asyncio.create_task(asyncio.Event().wait()))
        process.at_hand |= {row.attempt_id: working[0]}
        await process.renew_leases(process.engine)
        await asyncio.sleep(0)
        assert not working[0].done()
        gateway.query("UPDATE attempts SET pid = pid + 1")
        await process.renew_leases(process.engine)
        await asyncio.wait(working, timeout=5)
        assert working[0].cancelled()

    with worker(gateway) as process:
        process.run(look(process))
