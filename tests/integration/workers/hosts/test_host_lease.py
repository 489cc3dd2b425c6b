"""May only one process drive a Mac's Safari, and does it notice at once when it is somebody else's?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import leases
from shared.db.session import connect
from shared.errors import Transient
from shared.settings import Settings
from workers.hosts.host_lease import HostLease
from workers.interrupted import GateClosed

LANE = "safari.studio"
MADE: list[HostLease] = []  # those whose threads are to be ended


@pytest.fixture
async def engine(database: Settings) -> AsyncIterator[AsyncEngine]:
    engine = connect(database, "worker", pool_size=2)
    yield engine
    while MADE:
        MADE.pop().close()
    await engine.dispose()


def lease(settings: Settings, engine: AsyncEngine, holder: str, *, ttl_s: float = 30) -> HostLease:
    made = HostLease(settings.model_copy(update={"lane_lease_s": ttl_s}), engine, LANE, holder)
    MADE.append(made)
    return made


async def test_only_the_holder_may_go_on_and_the_next_gets_it_without_waiting(database, engine):
    first, second = lease(database, engine, "first"), lease(database, engine, "second")
    async with first.held():
        first.check()
        await first.confirm()
        with pytest.raises(Transient):
            second.check()
    async with second.held():
        second.check()
        with pytest.raises(Transient):
            first.check()


async def test_who_waits_in_vain_gives_the_task_back(database, engine):
    async with lease(database, engine, "first").held():
        with pytest.raises(GateClosed):
            async with lease(database, engine, "second", ttl_s=1).held():
                pytest.fail("two hold it")


async def test_who_lost_it_notices_before_the_next_step_and_stops_what_runs(database, engine):
    holder, stopped = lease(database, engine, "first"), []
    holder.on_loss = lambda: stopped.append(True)
    async with holder.held():
        async with engine.begin() as connection:
            await connection.execute(
                text("UPDATE leases SET expires_at = now() - interval '1 s' WHERE key = :key"), {"key": LANE}
            )
            assert await leases.take_lane(connection, LANE, "second", 30) is not None
        with pytest.raises(Transient) as caught:
            await holder.confirm()
        assert caught.value.code == "lane_lost"
        assert stopped == [True]
        with pytest.raises(Transient):
            holder.check()


async def test_a_lease_that_cannot_be_renewed_ends_by_this_processs_own_clock(database, engine, monkeypatch):
    async def unreachable(*_: object) -> int:
        raise OSError

    holder, lost = lease(database, engine, "first", ttl_s=1), asyncio.Event()
    loop = asyncio.get_running_loop()
    holder.on_loss = lambda: loop.call_soon_threadsafe(lost.set)
    async with holder.held():
        monkeypatch.setattr(leases, "take_lane", unreachable)
        async with asyncio.timeout(20):
            await lost.wait()
        with pytest.raises(Transient):
            holder.check()


@pytest.mark.parametrize("lane", ["system", "dispatcher", "safari.", "safari.a b"])
async def test_nothing_but_a_browsers_lane_is_taken_this_way(engine, lane):
    with pytest.raises(DBAPIError, match="no lane of a browser"):
        async with engine.begin() as connection:
            await leases.take_lane(connection, lane, "anybody", 5)
