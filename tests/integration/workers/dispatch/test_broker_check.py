"""Does the dispatcher know whether Redis answers, without signing in for each question?"""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio.connection import Connection

from cli.local.servers import redis
from tests.support.dispatching import lead
from tests.support.gateway import Gateway
from workers.dispatch.broker_check import BrokerCheck
from workers.dispatcher import Loop


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Connections to Redis that were made in this process."""
    made: list[Connection] = []
    connect = Connection._connect

    async def noted(self: Connection) -> None:
        await connect(self)
        made.append(self)

    monkeypatch.setattr(Connection, "_connect", noted)
    return made


def test_a_leader_that_renews_its_lease_again_and_again_signs_in_to_redis_once(gateway: Gateway, signed_in):
    async def until_said_twice(loop: Loop) -> None:
        said = set()
        async with asyncio.timeout(30):
            while len(said) < 3:
                await loop.round()
                said |= {row["good_at"] for row in gateway.query("SELECT good_at FROM leases WHERE good_at IS NOT NULL")}

    lead(gateway, until_said_twice, leader_lease_s=0.4)

    assert len(signed_in) == 1


async def test_a_redis_that_was_away_is_asked_over_a_new_connection(tmp_path, signed_in):
    first = await asyncio.to_thread(redis.start, tmp_path)
    check = BrokerCheck(first.url)
    assert await check.answers()
    await asyncio.to_thread(first.stop)
    assert not await check.answers()
    second = await asyncio.to_thread(redis.start, tmp_path)
    try:
        assert await check.answers()
    finally:
        await check.close()
        await asyncio.to_thread(second.stop)
    assert len(signed_in) == 2
