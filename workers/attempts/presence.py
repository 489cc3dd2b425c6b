"""How does the rest of the system know which workers are alive, and what happens when a child of one dies?

Runs in a pool's parent process. A worker that has not reported for `worker_seen_s` seconds counts as gone.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from celery.signals import worker_ready, worker_shutdown
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.browser.safari.mac_in_use import resting
from connectors.pools import HOST_POOL, SAFARI_POOL, Pool, find_pool
from shared.db.events import notify_all
from shared.db.session import connect
from shared.engine.rules.facts import Rest
from shared.engine.store import batches, lost_attempts, sleep
from shared.engine.store import lanes as stored_lanes
from shared.hosts.relay import DoorClient, Present
from shared.settings import Settings
from workers.hosts.remote_browser import rest_of

log = structlog.get_logger()

_FORGOTTEN_WITHIN_S = 5.0
# Asleep nothing is released, so that nobody has to know within seconds who is there: it is said so many times more seldom,
# and believed for so much longer.
ASLEEP_PACE = 4
# Read once: it searches the file system, and every few seconds is too often for that.
VERSION = importlib.metadata.version("callsheet")


_leaving = threading.Event()


def connect_signals(settings_of: Callable[[], Settings]) -> None:
    """Say that the worker is there from the moment it is ready until it begins to stop; the settings are asked for then."""
    threads: list[threading.Thread] = []

    @worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def ready(sender: Any, **_: Any) -> None:
        settings = settings_of()
        pool = find_pool(settings, settings.pool)
        saying = _say(settings, pool, lambda: set(sender.pool.info["processes"]))
        threads.append(threading.Thread(target=lambda: asyncio.run(saying), name="presence", daemon=True))
        threads[-1].start()

    @worker_shutdown.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def gone(**_: Any) -> None:
        leave()
        for thread in threads:
            thread.join(_FORGOTTEN_WITHIN_S)


def leave() -> None:
    """Report that the worker is gone, although it may still end what it has begun: nothing more is released to it."""
    _leaving.set()


def close_attempts_of(settings: Settings, pid: int) -> None:
    """Close the attempts of a child that died, so that nobody has to wait for their leases to end."""
    asyncio.run(_close_attempts(settings, pid))


async def register(engine: AsyncEngine, settings: Settings, pool: Pool, door: DoorClient) -> int:
    """Report once that this pool is there, with which lanes, and whether it pauses; return how much longer that holds."""
    present = await door.present(UUID(settings.door_host)) if pool.name == HOST_POOL else None
    rest = await _rest(settings, pool, present)
    async with engine.begin() as connection:
        longer = await _pace(connection, pool)
        lanes = await _lanes_of_host(connection, pool, present) if pool.name == HOST_POOL else list(pool.lanes)
        is_news = await stored_lanes.register(
            connection,
            {
                "id": _worker_id(settings),
                "pool": pool.name,
                "host": settings.machine,
                "host_name": settings.host_name if pool.host_bound else None,
                "pid": os.getpid(),
                "version": VERSION,
                "lanes": lanes,
                "concurrency": pool.concurrency,
                "seen": settings.worker_seen_s * longer,
                "rest_reason": rest.reason if rest else None,
                "rest_until": rest.until if rest else None,
            },
        )
    if is_news:
        log.info("worker.present", pool=pool.name, rests=rest.reason if rest else None)
        async with engine.begin() as connection:
            await notify_all(connection)
    return longer


async def _pace(connection: AsyncConnection, pool: Pool) -> int:
    """Return how much longer than awake the next report may take; a pool that may pause reports that at once."""
    if pool.name in {HOST_POOL, SAFARI_POOL}:
        return 1
    return ASLEEP_PACE if await sleep.is_asleep(connection) else 1


async def _say(settings: Settings, pool: Pool, children: Callable[[], set[int]]) -> None:
    engine, known = connect(settings, "worker", pool_size=1), children()
    door, keeper = DoorClient(settings.broker_url()), os.getppid()
    longer = 1
    while not _leaving.is_set():
        try:
            longer = await register(engine, settings, pool, door)
        except (SQLAlchemyError, OSError):
            log.warning("worker.unseen", pool=pool.name)
        # Celery reports a child that died with a message at once; one without may have had attempts all the same.
        for dead in known - (known := children()):
            await _close_attempts(settings, dead)
        if pool.name == HOST_POOL and os.getppid() != keeper:
            log.warning("worker.without_keeper")  # which starts another one
            os.kill(os.getpid(), signal.SIGTERM)
            break
        await asyncio.to_thread(_leaving.wait, settings.worker_seen_s * longer / 3)
    await door.close()
    await _forget(engine, settings)


async def _lanes_of_host(connection: AsyncConnection, pool: Pool, present: Present | None) -> list[str]:
    """Return the lanes of what a joined host says that it drives; of one that is away, of what it has driven before.

    Every host drives Chromium: in an unknown case, tasks that wait there are told that the host is away.
    """
    if present is not None:
        return [lane for lane in pool.lanes if lane.partition(".")[0] in present.transports]
    known = await stored_lanes.known_lanes(connection, pool.lanes)
    return [lane for lane in pool.lanes if lane in known or lane.startswith("chromium.")]


async def _rest(settings: Settings, pool: Pool, present: Present | None) -> Rest | None:
    """Return why this pool's lanes pause now: a person uses the Mac, or a joined host is away."""
    if pool.name == HOST_POOL:
        return rest_of(settings.host_name, present)
    if pool.name != SAFARI_POOL:
        return None
    held = await resting(settings, datetime.now().astimezone())
    return Rest(held.reason, held.until) if held else None


async def _forget(engine: AsyncEngine, settings: Settings) -> None:
    try:
        async with engine.begin() as connection:
            await stored_lanes.forget(connection, _worker_id(settings))
    except (SQLAlchemyError, OSError):
        log.warning("worker.not_forgotten")
    await engine.dispose()


async def _close_attempts(settings: Settings, pid: int) -> None:
    reason = f"process {pid} on {settings.machine} died"
    engine = connect(settings, "worker", pool_size=1)
    try:
        async with engine.begin() as connection:
            left = await lost_attempts.of_process(connection, settings.machine, pid)
            if left:
                await lost_attempts.close(connection, left, reason=reason, max_lost=settings.max_lost, only_expired=False)
        async with engine.begin() as connection:
            held = await batches.of_process(connection, settings.machine, pid)
        for batch in held:
            async with engine.begin() as connection:
                await batches.lose(connection, batch, reason=reason, max_lost=settings.max_lost, only_expired=False)
        async with engine.begin() as connection:
            await notify_all(connection)
    except (SQLAlchemyError, OSError):
        log.warning("attempt.not_closed", pid=pid)  # then the lease's end closes it
    await engine.dispose()


def _worker_id(settings: Settings) -> str:
    return f"{settings.pool}@{settings.machine}:{os.getpid()}"
