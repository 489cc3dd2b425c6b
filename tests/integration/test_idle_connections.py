"""Are connections that nobody uses closed, and are new ones made when they are needed?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.session import close_idle, connect
from shared.settings import Settings
from tests.support.stack import wait_for

AFTER_S = 0.2


@pytest.fixture
async def engine(database: Settings) -> AsyncIterator[AsyncEngine]:
    """One of the gateway's, whose idle connections are closed."""
    made = connect(database, "gateway")
    closing = asyncio.create_task(close_idle(made, after_s=AFTER_S))
    yield made
    closing.cancel()
    await made.dispose()


async def server_process(connection: AsyncConnection) -> int:
    """PostgreSQL's process behind a connection."""
    pid: int = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    return pid


def is_gone(settings: Settings, pid: int) -> bool:
    """Return whether it has ended."""
    address = settings.database_url_for("owner").replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(address) as owner:
        return owner.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone() is None


async def test_one_that_nobody_uses_is_closed_and_the_next_is_new(database: Settings, engine: AsyncEngine):
    async with engine.connect() as connection:
        first = await server_process(connection)
    await asyncio.to_thread(wait_for, "it is closed", lambda: is_gone(database, first))
    async with engine.connect() as connection:
        assert await server_process(connection) != first
