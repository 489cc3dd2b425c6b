"""How does a process connect to PostgreSQL, and with which role?"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic
from typing import Any, NoReturn, cast
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import set_json_loads
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from shared.actor import acting
from shared.settings import Role, Settings

IDLE_S = 120.0

set_json_loads(
    orjson.loads
)  # for this process: a claim reads two documents of each task, and spent a third of its time on it

# Whose rows are visible and who acts, in one round trip; only the audit log reads the actor.
_BEGIN = text(
    "SELECT set_config('app.workspace', :workspace, true), set_config('app.person', :person, true),"
    " set_config('app.actor', :actor, true), clock_timestamp() AS began"
)


def connect(settings: Settings, role: Role, *, pool_size: int = 5) -> AsyncEngine:
    """Return an engine that signs in as one role.

    A dead server is noticed within about 25 s (TCP keepalives); nobody waits longer than 5 s for a connection.
    """
    return create_async_engine(
        settings.database_url_for(role),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        connect_args={
            "async_creator_fn": _open,
            "connect_timeout": 5,
            "keepalives": 1,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "application_name": f"callsheet-{role}",
        },
    )


async def _open(*given: Any, **named: Any) -> psycopg.AsyncConnection[Any]:
    """Return a connection of psycopg; close its socket at once where the caller is cancelled before it has signed in.

    SQLAlchemy keeps the frames of what was cancelled in a cycle, with the socket in one of them, until garbage is collected.
    For as long, but at most a minute, PostgreSQL waits for the password, and no database of that server can be dropped.
    """
    try:
        return await psycopg.AsyncConnection.connect(*given, **named)
    except asyncio.CancelledError as cancelled:
        traceback.clear_frames(cancelled.__traceback__)
        raise


async def close_idle(engine: AsyncEngine, *, after_s: float = IDLE_S) -> NoReturn:
    """Close what an engine keeps open whenever nobody has used any of it for so many seconds; until cancelled.

    A connection that has worked takes PostgreSQL 7 to 10 MB (measured). The next one who asks gets a new one. While a single
    one is in use all stay: a pool that is given up closes nothing that comes back to it later.
    """
    used = monotonic()

    def note(*_: object) -> None:
        nonlocal used
        used = monotonic()

    event.listen(engine.sync_engine, "checkin", note)
    while True:
        await asyncio.sleep(max(used + after_s - monotonic(), after_s / 4))
        pool = cast("AsyncAdaptedQueuePool", engine.pool)
        if monotonic() - used >= after_s and not pool.checkedout():
            await engine.dispose()
            used = monotonic()


def single_statements(engine: AsyncEngine) -> AsyncEngine:
    """Return the same connections for statements that are transactions of their own: one round trip each instead of three.

    Plain reads go through these too: a connection whose transaction is rolled back, as it is when merely closed,
    forgets all prepared statements (psycopg), and the next five times each of them is planned anew.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, workspace: UUID | None, person: UUID | None = None
) -> AsyncIterator[AsyncConnection]:
    """Open a transaction that sees one workspace, one person's own, or both; commit at the end, roll back on any error."""
    async with engine.begin() as connection:
        named = {"workspace": str(workspace or ""), "person": str(person or ""), "actor": acting()}
        row = (await connection.execute(_BEGIN, named)).one()
        connection.info["began"] = row.began
        yield connection


def began(connection: AsyncConnection) -> datetime:
    """Return when a workspace's transaction began, on PostgreSQL's clock; it cost no round trip of its own."""
    instant: datetime = connection.info["began"]
    return instant
