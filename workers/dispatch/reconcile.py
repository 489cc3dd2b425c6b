"""What was lost, and how is it repaired? The leading dispatcher checks every second or so.

Expired leases, messages that nobody claimed, lanes without workers (which are reported too), parked tasks whose fact has
changed, users of Redis. One repair that fails stops neither the others nor the release: it is tried again later.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.retry_write import RETRY_WRITE_S
from shared.db.session import single_statements
from shared.engine.store import approvals, batches, lost_attempts, parking, release, unserved_lanes
from shared.engine.store.batches import PublishedBatch
from shared.engine.store.rows.task_rows import PublishedTask
from shared.settings import Settings
from shared.system.store import switches

log = structlog.get_logger()

Fence = Callable[[AsyncConnection], Awaitable[None]]
T = TypeVar("T")
AT_ONCE = 500
# How many parked tasks one look sweeps, and how many facts that nothing reports it checks. With a look each second
# 75,000 are swept within five minutes; a tick must stay short, and a sweep finds only what was missed.
SWEPT_AT_ONCE = 250
FACTS_AT_ONCE = 200
LONGEST_REST_S = 60.0
OVERLONG_EVERY_S = 1.0


class NotLeading(Exception):
    """The lease went to another dispatcher in the middle of a tick."""


@dataclass(slots=True)
class _Trouble:
    """How often a repair has failed in a row, and until when it pauses (this machine's monotonic clock)."""

    failures: int = 0
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Messages that nobody claimed: tasks that are out alone, and batches."""

    tasks: Sequence[PublishedTask] = ()
    batches: Sequence[PublishedBatch] = ()


class Repairs:
    """The repairs of one leader: each by itself, with what it must remember from one look to the next.

    `outlook` is the result of the last look.
    """

    def __init__(self, engine: AsyncEngine, settings: Settings, fence: Fence) -> None:
        self._engine = engine
        self._single = single_statements(engine)
        self._settings = settings
        self._fence = fence
        self._troubles: dict[str, _Trouble] = {}
        self._swept: parking.Place | None = parking.BEGINNING
        self._sweep_begun = float("-inf")
        self._looked_at = ""
        self.outlook = lost_attempts.Outlook()
        self._ended_at = float("-inf")

    async def run(self, *, asleep: bool = False) -> Unclaimed:
        """Check everything that can be lost once; each repair is a transaction of its own, under the leader's fence.

        Return what nobody claimed: the caller publishes it again.

        Asleep, only what was released can be lost: no task moves up, and parked tasks are not asked again.

        Raises:
            NotLeading: somebody else leads by now.
        """
        engine, settings, fence = self._engine, self._settings, self._fence
        # Where the look itself fails, each repair looks for itself.
        self.outlook = outlook = await self.attempt("look", self._look) or lost_attempts.Outlook()
        unclaimed: Unclaimed | None = None
        if outlook.expired:
            await self.attempt("close_expired", partial(_close_expired, engine, settings, fence))
            await self.attempt("lose_expired", partial(_lose_expired, engine, settings, fence))
        if outlook.unsettled:
            await self.attempt("unsettled", partial(_reopen_unsettled, engine, fence))
        if outlook.out:
            await self.attempt("withdraw", partial(_withdraw_from_deserted_lanes, engine, fence))
            unclaimed = await self.attempt("unclaimed", partial(_note_unclaimed, engine, settings, fence))
        if not asleep:
            await self._move_on(outlook)
        return unclaimed or Unclaimed()

    async def _look(self) -> lost_attempts.Outlook:
        async with self._single.connect() as connection:
            return await lost_attempts.outlook(connection, RETRY_WRITE_S, self._settings.ageing_s)

    async def _move_on(self, outlook: lost_attempts.Outlook) -> None:
        """Repair what waits (expire, age, report, wake, sweep); skipped while the system sleeps."""
        engine, settings, fence = self._engine, self._settings, self._fence
        if outlook.late:
            await self.attempt("approvals", partial(_expire_approvals, engine, fence))
        if outlook.ages:
            await self.attempt("ageing", self._age)
        if outlook.unserved:
            await self.attempt("lanes", partial(_report_lanes, engine, settings, fence))
        if outlook.looked_at:
            await self.attempt("wake", self._wake)
        if outlook.parked:
            await self.attempt("sweep", self._sweep)

    async def attempt(self, name: str, repair: Callable[[], Awaitable[T]]) -> T | None:
        """Do one repair, unless it pauses after a failure; return its result, None where it failed.

        Raises:
            NotLeading: somebody else leads by now.
        """
        trouble = self._troubles.get(name)
        if trouble is not None and time.monotonic() < trouble.until:
            return None
        try:
            done = await repair()
        except NotLeading:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others and the release go on
            trouble = self._troubles.setdefault(name, _Trouble())
            trouble.failures += 1
            rest_s = min(LONGEST_REST_S, self._settings.reconcile_s * 2**trouble.failures)
            trouble.until = time.monotonic() + rest_s
            log.warning(
                "repair.failed", repair=name, failures=trouble.failures, rests_s=round(rest_s, 2), error=repr(error)[:500]
            )
            return None
        if self._troubles.pop(name, None) is not None:
            log.info("repair.works", repair=name)
        return done

    async def end_overlong(self) -> bool:
        """End sessions that hold rows or event counters in an overlong transaction, once a second; return true."""
        if time.monotonic() - self._ended_at < OVERLONG_EVERY_S:
            return True
        self._ended_at = time.monotonic()
        async with self._single.connect() as connection:
            for row in await switches.end_overlong_transactions(connection):
                log.error("session.ended", pid=row.pid, role=row.role, seconds=round(row.seconds, 1))
        return True

    async def _age(self) -> None:
        async with self._single.connect() as connection:
            await release.age(connection, self._settings.ageing_s, AT_ONCE)

    async def _wake(self) -> None:
        async with self._single.connect() as connection:
            _, self._looked_at = await parking.wake_looked_at(
                connection, self._looked_at, FACTS_AT_ONCE, self._settings.sweep_s
            )

    async def _sweep(self) -> None:
        """Continue the walk along the parked tasks; a new one begins every `sweep_s` seconds."""
        if self._swept is None:
            if time.monotonic() - self._sweep_begun < self._settings.sweep_s:
                return
            self._swept = parking.BEGINNING
        if self._swept == parking.BEGINNING:
            self._sweep_begun = time.monotonic()
        async with self._single.connect() as connection:
            woken, self._swept = await parking.sweep(connection, self._swept, SWEPT_AT_ONCE)
        if woken:
            log.info("parked.woken", tasks=woken)


async def _expire_approvals(engine: AsyncEngine, fence: Fence) -> None:
    """Cancel tasks that were not approved in time."""
    async with engine.begin() as connection:
        await fence(connection)
        expired = await approvals.expire(connection, AT_ONCE)
    if expired:
        log.info("approval.expired", tasks=expired)


async def _close_expired(engine: AsyncEngine, settings: Settings, fence: Fence) -> None:
    async with engine.begin() as connection:
        attempts = await lost_attempts.expired(connection, AT_ONCE)
        if not attempts:
            return
        await fence(connection)
        closed = await lost_attempts.close(
            connection, attempts, reason="the lease ended", max_lost=settings.max_lost, only_expired=True
        )
    log.warning("attempt.expired", attempts=closed)


async def _lose_expired(engine: AsyncEngine, settings: Settings, fence: Fence) -> None:
    """End batches whose lease has ended, each in a transaction of its own: it may be of many tasks."""
    async with engine.begin() as connection:
        expired = await batches.expired(connection, AT_ONCE)
    for batch in expired:
        async with engine.begin() as connection:
            await fence(connection)
            moved = await batches.lose(
                connection, batch, reason="the lease ended", max_lost=settings.max_lost, only_expired=True
            )
        if moved:
            log.warning("batch.expired", batch=str(batch), tasks=moved)


async def _reopen_unsettled(engine: AsyncEngine, fence: Fence) -> None:
    """Have open effects looked up that nobody else would settle: those of ended attempts, behind a task that has failed."""
    async with engine.begin() as connection:
        await fence(connection)
        found = await lost_attempts.unsettled(connection, RETRY_WRITE_S, AT_ONCE)
    if found:
        log.warning("effect.unsettled", rows=found)


async def _withdraw_from_deserted_lanes(engine: AsyncEngine, fence: Fence) -> None:
    async with engine.begin() as connection:
        lanes = await lost_attempts.deserted_lanes(connection)
        if not lanes:
            return
        await fence(connection)
        withdrawn = await batches.withdraw(connection, lanes)
        withdrawn += await lost_attempts.withdraw(connection, lanes)
    log.warning("lane.deserted", lanes=lanes, withdrawn=withdrawn)


async def _report_lanes(engine: AsyncEngine, settings: Settings, fence: Fence) -> None:
    """Report each lane once whose tasks wait for a worker, and once when they no longer do."""
    async with engine.begin() as connection:
        await fence(connection)
        back = await unserved_lanes.report_back(connection)
    async with engine.begin() as connection:
        await fence(connection)
        gone = await unserved_lanes.report(connection, settings.lane_unserved_s)
    if back or gone:
        log.warning("lane.reported", unserved=gone, served=back)


async def _note_unclaimed(engine: AsyncEngine, settings: Settings, fence: Fence) -> Unclaimed:
    async with engine.begin() as connection:
        rows = await lost_attempts.unclaimed(connection, settings.unclaimed_s, AT_ONCE)
        if rows:
            await fence(connection)
            await lost_attempts.note_again(connection, [row.id for row in rows])
    async with engine.begin() as connection:
        await fence(connection)
        found = Unclaimed(rows, await batches.unclaimed(connection, settings.unclaimed_s, AT_ONCE))
    if found.tasks or found.batches:
        log.warning("message.unclaimed", tasks=len(found.tasks), batches=len(found.batches))
    return found
