"""What got lost, and how does it come back? Looked for by the leading dispatcher, every second or so.

Expired leases, messages that nobody claimed, lanes without workers, tasks that were parked too long.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.repositories import credit, lost, release
from shared.db.session import single_statements
from shared.settings import Settings

log = structlog.get_logger()

Fence = Callable[[AsyncConnection], Awaitable[None]]
AT_ONCE = 500


async def run(engine: AsyncEngine, settings: Settings, fence: Fence) -> None:
    """One look at everything that can get lost; each repair is a transaction of its own, under the leader's fence."""
    async with single_statements(engine).connect() as connection:
        outlook = await lost.outlook(connection)
    if outlook.expired:
        await _close_expired(engine, settings, fence)
    if outlook.out:
        await _withdraw_from_deserted_lanes(engine, fence)
        await _publish_again(engine, settings, fence)
    async with engine.begin() as connection:
        await release.age(connection, settings.ageing_s, AT_ONCE)
    if outlook.parked:
        async with engine.begin() as connection:
            await credit.wake_moved(connection)
            await release.sweep(connection, settings.sweep_s)


async def _close_expired(engine: AsyncEngine, settings: Settings, fence: Fence) -> None:
    async with engine.begin() as connection:
        attempts = await lost.expired(connection, AT_ONCE)
        if not attempts:
            return
        await fence(connection)
        closed = await lost.close(
            connection, attempts, reason="the lease ended", max_lost=settings.max_lost, only_expired=True
        )
    log.warning("attempt.expired", attempts=closed)


async def _withdraw_from_deserted_lanes(engine: AsyncEngine, fence: Fence) -> None:
    async with engine.begin() as connection:
        lanes = await lost.deserted_lanes(connection)
        if not lanes:
            return
        await fence(connection)
        withdrawn = await lost.withdraw(connection, lanes)
    log.warning("lane.deserted", lanes=lanes, withdrawn=withdrawn)


async def _publish_again(engine: AsyncEngine, settings: Settings, fence: Fence) -> None:
    """Mark as unpublished what nobody claimed; the dispatcher publishes it with the same number."""
    async with engine.begin() as connection:
        rows = await lost.unclaimed(connection, settings.unclaimed_s, AT_ONCE)
        if not rows:
            return
        await fence(connection)
        await lost.unpublish(connection, [row.id for row in rows])
    log.warning("message.unclaimed", tasks=len(rows))
