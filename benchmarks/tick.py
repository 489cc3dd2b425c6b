"""How is a tick of the dispatcher watched from within, over the home's own database?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from celery import Celery

from benchmarks.home import Home
from shared.logging import configure
from workers.dispatcher import Loop

# At the defaults every second tick looks for lost work and every fifth renews the lease; so it is here, but faster.
TICK_MS = 10
RECONCILE_S = 0.02
WARM_UP = 20


@asynccontextmanager
async def leading(home: Home) -> AsyncIterator[Loop]:
    """Run the dispatcher's own loop in this process, which leads while the home's dispatcher is stopped."""
    settings = home.settings.model_copy(update={"tick_ms": TICK_MS, "reconcile_s": RECONCILE_S, "log_level": "warning"})
    configure(settings, part="bench")
    dispatcher = home.dispatcher()
    dispatcher.suspend()
    try:
        home.database.execute("UPDATE leases SET expires_at = now() WHERE key = 'dispatcher'")
        loop = Loop(settings, Celery(broker=home.redis_url))
        for _ in range(WARM_UP):
            await loop.round()
        yield loop
        await loop.close()
    finally:
        dispatcher.resume()
