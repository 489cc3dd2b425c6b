"""How often may somebody try to sign in? A number a minute for each e-mail address, and for each IP address.

Counted in Redis, for all gateways together. While Redis does not answer each gateway counts for itself: nobody is locked out
by that, and nobody has unlimited tries.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from typing import Any, Literal

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool

from shared.identity.caller import TooManyTries

log = structlog.get_logger()

Try = Literal["sign_in", "setup", "invitation", "password", "code", "host"]
PREFIX = "callsheet:tries"
ANSWER_S = 0.5
# After a failure Redis is not asked for this long, so that not every try waits for it.
REST_S = 5.0


class Throttle:
    """Counts tries. One for each process."""

    def __init__(self, redis_url: str, tries: int) -> None:
        self._limit = RateLimitItemPerMinute(tries)
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._pool = _pool(redis_url) if redis_url else None
        self._shared = MovingWindowRateLimiter(_storage(redis_url, self._pool)) if self._pool else None
        self._rests_until = 0.0

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def count(self, what: Try, **names: str) -> None:
        """Count one try under each of these names (`email=…`, `address=…`, `account=…`).

        Raises:
            TooManyTries: it is one too many for one of them.
        """
        waits = [await self._hit(f"{what}:{kind}:{_short(name)}") for kind, name in names.items()]
        if longest := max(waits):
            seconds = math.ceil(longest)
            message = f"Too many tries: try again in {seconds} seconds."
            raise TooManyTries(message=message, retry_after_s=seconds)

    async def _hit(self, name: str) -> float:
        """Return how long to wait (seconds); 0: the try is allowed."""
        if self._shared is not None and time.monotonic() >= self._rests_until:
            try:
                async with asyncio.timeout(ANSWER_S):
                    return await self._ask(self._shared, name)
            except (StorageError, OSError, TimeoutError) as error:
                self._rests_until = time.monotonic() + REST_S
                log.warning("throttle.alone", error=repr(error)[:200])
        return await self._ask(self._own, name)

    async def _ask(self, limiter: MovingWindowRateLimiter, name: str) -> float:
        if await limiter.hit(self._limit, name):
            return 0.0
        free_at = (await limiter.get_window_stats(self._limit, name)).reset_time
        return min(max(free_at - time.time(), 1.0), 60.0)


def _pool(url: str) -> ConnectionPool:
    return ConnectionPool.from_url(url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)


def _storage(url: str, pool: ConnectionPool) -> Storage:
    options: dict[str, Any] = {"connection_pool": pool}
    return RedisStorage(f"async+{url}", wrap_exceptions=True, implementation="redispy", key_prefix=PREFIX, **options)


def _short(name: str) -> str:
    """Return a name as it is stored in Redis: of one length, and not an e-mail address."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]
