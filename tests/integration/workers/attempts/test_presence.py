"""How long is a worker believed to be there after it has said so, and who says it how often?"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from connectors.pools import find_pool
from shared.db.session import connect
from shared.hosts.relay import DoorClient
from tests.support.gateway import Gateway
from tests.support.safari.mac import say_idle
from workers.attempts.presence import ASLEEP_PACE, register


def said(gateway: Gateway, pool: str) -> tuple[int, int]:
    """One word of a pool's presence: how much longer than usual it is believed, and for how many seconds that is."""
    settings = gateway.settings.model_copy(update={"pool": pool, "safari": "on"})

    async def once() -> int:
        engine = connect(settings, "worker", pool_size=1)
        try:
            return await register(engine, settings, find_pool(settings, pool), DoorClient(settings.redis_url))
        finally:
            await engine.dispose()

    longer = asyncio.run(once())
    [row] = gateway.query("SELECT extract(epoch FROM seen_until - clock_timestamp())::float AS left FROM workers")
    return longer, round(row["left"] / settings.worker_seen_s)


@pytest.mark.parametrize("pool", ["system", "instagram"])
def test_asleep_a_worker_says_more_seldom_that_it_is_there_and_is_believed_for_longer(gateway: Gateway, pool: str):
    assert said(gateway, pool) == (1, 1)
    gateway.query("UPDATE sleep SET asked_at = clock_timestamp(), asked_by = 'somebody', asleep_since = clock_timestamp()")
    assert said(gateway, pool) == (ASLEEP_PACE, ASLEEP_PACE)


def test_one_whose_mac_may_be_in_use_says_so_as_often_as_ever(gateway: Gateway, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    say_idle(tmp_path, 1000)
    gateway.query("UPDATE sleep SET asked_at = clock_timestamp(), asked_by = 'somebody', asleep_since = clock_timestamp()")
    assert said(gateway, "safari") == (1, 1)
