"""What got lost, and how does it come back? Looked for by the leading dispatcher, every second or so.

Expired leases, messages that nobody claimed, lanes without workers (which are reported too), tasks parked too long,
users of Redis.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.insist import INSIST_S
from shared.db.repositories import approvals, credit, lost, release, unserved
from shared.db.session import single_statements
from shared.settings import Settings
from workers.host_users import keep_users

log = structlog.get_logger()

Fence = Callable[[AsyncConnection], Awaitable[None]]
AT_ONCE = 500


async def run(engine: AsyncEngine, settings: Settings, fence: Fence, *, asleep: bool = False) -> Sequence[Row[Any]]:
    """One look at everything that can get lost; each repair is a transaction of its own, under the leader's fence.

    Answers the tasks (id, release_seq, lane, type) whose message nobody claimed: the caller publishes them again.

    Asleep, only what was released can get lost: nobody moves up, and whoever is parked is not asked again.
    """
    async with single_statements(engine).connect() as connection:
        outlook = await lost.outlook(connection, INSIST_S)
    if outlook.expired:
        await _close_expired(engine, settings, fence)
    if outlook.unsettled:
        await _reopen_unsettled(engine, fence)
    if outlook.out:
        await _withdraw_from_deserted_lanes(engine, fence)
    unclaimed = await _note_unclaimed(engine, settings, fence) if outlook.out else []
    await keep_users(engine, settings)
    if asleep:
        return unclaimed
    await _expire_approvals(engine, fence)
    async with engine.begin() as connection:
        await release.age(connection, settings.ageing_s, AT_ONCE)
    await _report_lanes(engine, settings, fence)
    if outlook.parked:
        async with engine.begin() as connection:
            await credit.wake_moved(connection)
            await release.sweep(connection, settings.sweep_s)
    return unclaimed


async def _expire_approvals(engine: AsyncEngine, fence: Fence) -> None:
    """Cancel what nobody has approved in time."""
    async with single_statements(engine).connect() as connection:
        if not await approvals.any_late(connection):
            return
    async with engine.begin() as connection:
        await fence(connection)
        expired = await approvals.expire(connection, AT_ONCE)
    if expired:
        log.info("approval.expired", tasks=expired)


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


async def _reopen_unsettled(engine: AsyncEngine, fence: Fence) -> None:
    """Have effects looked for that nobody would ever settle: those of ended attempts, behind a task that has failed."""
    async with engine.begin() as connection:
        await fence(connection)
        found = await lost.unsettled(connection, INSIST_S, AT_ONCE)
    if found:
        log.warning("effect.unsettled", rows=found)


async def _withdraw_from_deserted_lanes(engine: AsyncEngine, fence: Fence) -> None:
    async with engine.begin() as connection:
        lanes = await lost.deserted_lanes(connection)
        if not lanes:
            return
        await fence(connection)
        withdrawn = await lost.withdraw(connection, lanes)
    log.warning("lane.deserted", lanes=lanes, withdrawn=withdrawn)


async def _report_lanes(engine: AsyncEngine, settings: Settings, fence: Fence) -> None:
    """Say of each lane once that its tasks wait for a worker, and once that they no longer do."""
    async with single_statements(engine).connect() as connection:
        if not await unserved.is_any(connection):
            return
    async with engine.begin() as connection:
        await fence(connection)
        back = await unserved.report_back(connection)
    async with engine.begin() as connection:
        await fence(connection)
        gone = await unserved.report(connection, settings.lane_unserved_s)
    if back or gone:
        log.warning("lane.reported", unserved=gone, served=back)


async def _note_unclaimed(engine: AsyncEngine, settings: Settings, fence: Fence) -> Sequence[Row[Any]]:
    async with engine.begin() as connection:
        rows = await lost.unclaimed(connection, settings.unclaimed_s, AT_ONCE)
        if not rows:
            return []
        await fence(connection)
        await lost.note_again(connection, [row.id for row in rows])
    log.warning("message.unclaimed", tasks=len(rows))
    return rows
