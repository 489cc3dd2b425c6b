"""What does a worker do about an attempt whose lease is not its own any more?"""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from tests.support.gateway import Gateway
from tests.support.worker import worker
from workers.process import WorkerProcess


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
