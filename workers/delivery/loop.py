"""When are webhooks and notifications sent? At every hint that something has happened, and every second otherwise.

Asleep, every ten seconds is enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()

LOOK_S = 1.0
ASLEEP_LOOK_S = 10.0
REST_S = 0.05


class Carrier(Protocol):
    """A sender of events or notices, which reports when it has room again."""

    finished: Callable[[], None]

    async def round(self) -> int:
        """Send what is due; return how many deliveries were started."""


class DeliveryLoop:
    """Looks for what is due as long as the process lives; an error in one round does not affect the next."""

    def __init__(self, carriers: Sequence[Carrier], is_asleep: Callable[[], Awaitable[bool]]) -> None:
        self._carriers = carriers
        self._is_asleep = is_asleep
        self._look_s = LOOK_S
        self._heard = asyncio.Event()
        for carrier in carriers:
            carrier.finished = self.wake

    def wake(self) -> None:
        """Look at once."""
        self._heard.set()

    async def run(self) -> None:
        """Round after round, until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), self._look_s)
            await asyncio.sleep(REST_S)  # many hints come together, and one round serves them all
            if self._heard.is_set():
                await self._ask_for_sleep()  # the system neither falls asleep nor wakes without a hint
            self._heard.clear()
            for carrier in self._carriers:
                try:
                    await carrier.round()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("outward.trouble", error=repr(error)[:300])
                    await asyncio.sleep(LOOK_S)

    async def _ask_for_sleep(self) -> None:
        try:
            self._look_s = ASLEEP_LOOK_S if await self._is_asleep() else LOOK_S
        except (SQLAlchemyError, OSError):
            self._look_s = LOOK_S
