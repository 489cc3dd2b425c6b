"""Which process may touch the browser of this Mac now? One at a time, by a lease of the lane with a fencing token.

The lease is checked in memory before every step, on a clock that goes on while the Mac sleeps, and renewed in PostgreSQL
before an irreversible one. A process that has lost it kills its running scripts at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.clock import elapsed
from shared.db import leases
from shared.db.session import connect
from shared.errors import Transient
from shared.settings import Settings
from workers.interrupted import GateClosed

log = structlog.get_logger()

ASK_AGAIN_S = 0.25
LEAST_LEFT_S = 0.2  # a step that begins this late would not end in time


class HostLease:
    """The lease of one lane for one process. `on_loss` is called from a thread of its own as soon as it is lost."""

    def __init__(self, settings: Settings, engine: AsyncEngine, lane: str, holder: str) -> None:
        self.lane = lane
        self.on_loss: Callable[[], None] = lambda: None
        self._settings, self._engine, self._holder = settings, engine, holder
        self._ttl = settings.lane_lease_s
        self._token: int | None = None
        self._until = 0.0
        self._closed = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._keep()), name="lane", daemon=True).start()

    @property
    def token(self) -> int | None:
        """Return the fencing token while it is held: it rises with each holder."""
        return self._token

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold the lease for as long as the block lasts.

        Raises:
            GateClosed: another process holds it, and keeps it for as long as a lease lasts.
        """
        await self._take_in_time()
        try:
            yield
        finally:
            self._token = None
            with suppress(SQLAlchemyError):  # then it ends by itself
                async with self._engine.begin() as connection:
                    await leases.leave_lane(connection, self.lane, self._holder)

    def check(self) -> None:
        """Check that the lease is held.

        Raises:
            Transient: the lease is lost, or too little of it is left.
        """
        if self._token is None or elapsed() > self._until - LEAST_LEFT_S:
            raise Transient(code="lane_lost", message=f"Another process may drive {self.lane} now.")

    async def confirm(self) -> None:
        """Check and renew the lease in PostgreSQL.

        Raises:
            Transient: the lease is lost, or PostgreSQL does not answer.
        """
        self.check()
        try:
            await self._renew(self._engine)
        except SQLAlchemyError as error:
            message = f"PostgreSQL did not confirm that {self.lane} is ours."
            raise Transient(code="lane_unconfirmed", message=message) from error
        self.check()

    def close(self) -> None:
        """Stop renewing."""
        self._closed.set()

    async def _take_in_time(self) -> None:
        ends = elapsed() + self._ttl
        while True:
            begun = elapsed()
            async with self._engine.begin() as connection:
                token = await leases.take_lane(connection, self.lane, self._holder, self._ttl)
            if token is not None:
                self._until, self._token = begun + self._ttl, token
                return
            if elapsed() > ends:
                raise GateClosed(message=f"lane: another process drives {self.lane}", wait_s=self._ttl)
            await asyncio.sleep(ASK_AGAIN_S)

    async def _renew(self, engine: AsyncEngine) -> None:
        begun, held = elapsed(), self._token
        async with engine.begin() as connection:
            token = await leases.take_lane(connection, self.lane, self._holder, self._ttl)
        if held is None or held != self._token:
            return  # it was given back meanwhile
        if token == held:
            self._until = begun + self._ttl
        else:
            self._lose()

    def _lose(self) -> None:
        self._token = None
        log.warning("lane.lost", lane=self.lane)
        self.on_loss()

    async def _keep(self) -> None:
        engine = connect(self._settings, "worker", pool_size=1)
        while not self._closed.wait(self._ttl / 5):
            if self._token is None:
                continue
            try:
                async with asyncio.timeout(self._ttl / 3):
                    await self._renew(engine)
            except (SQLAlchemyError, OSError, TimeoutError):
                log.warning("lane.renewal_failed", lane=self.lane)
            if self._token is not None and elapsed() > self._until - LEAST_LEFT_S:
                self._lose()
        await engine.dispose()
