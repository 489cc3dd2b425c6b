"""When do courier and herald look? At every hint that something has happened, and every second for what is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()

LOOK_S = 1.0


class Carrier(Protocol):
    """Who takes events out of the house."""

    async def round(self) -> int:
        """Send what is due; answers how many set out."""


class Rounds:
    """Looks for the process's life; what goes wrong in one look is forgotten in the next."""

    def __init__(self, carriers: Sequence[Carrier]) -> None:
        self._carriers = carriers
        self._heard = asyncio.Event()

    def wake(self) -> None:
        """Look at once."""
        self._heard.set()

    async def run(self) -> None:
        """Round after round, until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), LOOK_S)
            self._heard.clear()
            for carrier in self._carriers:
                try:
                    await carrier.round()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("outward.trouble", error=repr(error)[:300])
                    await asyncio.sleep(LOOK_S)
