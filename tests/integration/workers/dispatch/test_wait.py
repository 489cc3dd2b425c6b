"""Is a hint heard at once, however many come together, and does a lost connection cost no more than the hint?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import psycopg
import pytest_asyncio

from shared.db.events import DUE_CHANNEL
from shared.identity.bootstrap import bootstrap_local
from workers.dispatch.wait import Hint


@pytest_asyncio.fixture
async def hint(database) -> AsyncIterator[Hint]:
    bootstrap_local(database, [])
    listening = Hint(database)
    assert await listening.wait(10)  # what was due before the listening began
    yield listening
    await listening.close()


def say(database, statement: str) -> None:
    address = database.database_url_for("owner").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)


async def test_a_wait_without_a_hint_ends_in_time(hint: Hint):
    begun = time.monotonic()
    assert not await hint.wait(0.3)
    assert 0.25 < time.monotonic() - begun < 2


async def test_a_hint_ends_the_wait_at_once_and_many_together_are_one_or_few(hint: Hint, database):
    waiting = asyncio.create_task(hint.wait(30))
    begun = time.monotonic()
    await asyncio.to_thread(say, database, f"SELECT pg_notify('{DUE_CHANNEL}', n::text) FROM generate_series(1, 50) n")
    assert await waiting
    assert time.monotonic() - begun < 5
    heard = [await hint.wait(0.2) for _ in range(3)]
    assert not heard[-1]
    await asyncio.to_thread(say, database, f"NOTIFY {DUE_CHANNEL}")
    assert await hint.wait(30)


async def test_a_lost_connection_is_made_again_and_what_was_missed_is_looked_at(hint: Hint, database):
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'callsheet-hint'"
    await asyncio.to_thread(say, database, f"{kill} AND datname = current_database()")
    assert not await hint.wait(10)
    assert await hint.wait(10)
