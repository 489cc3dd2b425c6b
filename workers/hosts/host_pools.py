"""Which process starts the workers of joined hosts? The installation's keeper: one pool for each host that has joined.

The pool runs here and drives the host's browsers through the door, so that a host holds no address of a database or a
broker. The keeper starts it again, and ends it when its host is revoked. A pool whose keeper died ends by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.pools import HOST_POOL
from connectors.registry import stops_within_s
from shared.db.session import single_statements
from shared.hosts import repository as hosts
from shared.settings import Settings

log = structlog.get_logger()

LOOK_S = 2.0
LOOK_ASLEEP_S = 10.0
AGAIN_AFTER_S = 5.0


@dataclass
class HostPool:
    """The pool of one host, while it runs, and when it was started last."""

    name: str
    process: asyncio.subprocess.Process | None = None
    started_at: float = field(default=float("-inf"))

    @property
    def is_running(self) -> bool:
        """Return whether its process is there."""
        return self.process is not None and self.process.returncode is None


async def keep_pools(settings: Settings, engine: AsyncEngine, stopping: asyncio.Event, asleep: asyncio.Event) -> None:
    """Have one pool run for each joined host until told to stop; then end them all, as a pool is ended.

    While the system is `asleep` it is looked more seldom which hosts have joined.
    """
    if not settings.host_pools:
        return
    pools: dict[UUID, HostPool] = {}
    while not stopping.is_set():
        try:
            async with single_statements(engine).connect() as connection:
                joined = {row.id: row.name for row in await hosts.joined(connection)}
        except (SQLAlchemyError, OSError) as error:
            log.warning("host_pools.trouble", error=repr(error)[:300])
        else:
            await _follow(settings, pools, joined)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), LOOK_ASLEEP_S if asleep.is_set() else LOOK_S)
    await asyncio.gather(*(_end(pool) for pool in pools.values()))


async def _follow(settings: Settings, pools: dict[UUID, HostPool], joined: dict[UUID, str]) -> None:
    for host in pools.keys() - joined.keys():
        await _end(pools.pop(host))
    for host, name in joined.items():
        pool = pools.setdefault(host, HostPool(name))
        if not pool.is_running and time.monotonic() - pool.started_at > AGAIN_AFTER_S:
            pool.started_at = time.monotonic()
            pool.process = await _start(settings, host, name)
            log.info("host_pool.started", host=name, pid=pool.process.pid)


async def _start(settings: Settings, host: UUID, name: str) -> asyncio.subprocess.Process:
    own = settings.model_copy(update={"door_host": str(host), "host_name": name, "pool": HOST_POOL})
    # Its own group: the keeper itself passes a signal to its group on.
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers.pools", HOST_POOL, env=own.environment_for("host_pool"), start_new_session=True
    )


async def _end(pool: HostPool) -> None:
    """End a pool because its host was revoked, or everything stops: a call that has begun may end."""
    if pool.process is None or pool.process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        pool.process.terminate()
    try:
        await asyncio.wait_for(pool.process.wait(), stops_within_s())
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            pool.process.kill()
        await pool.process.wait()
    log.info("host_pool.ended", host=pool.name)
