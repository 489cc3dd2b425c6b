"""Does Redis answer? Most rounds publish nothing, and would not notice."""

from __future__ import annotations

import asyncio

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

log = structlog.get_logger()

ANSWERS_WITHIN_S = 1.0


class BrokerCheck:
    """Asks over one connection, made anew only after an error: signing in each time costs more than the question."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Redis | None = None

    async def answers(self) -> bool:
        """Return whether Redis answers."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                self._client = self._client or Redis.from_url(self._address)
                return await _ping(self._client)
        except (RedisError, OSError):  # a timeout is an OSError
            await self.close()
            return False

    async def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


async def _ping(client: Redis) -> bool:
    """Return whether Redis answers; kill an endless script, which would hold up everybody: none of ours takes a second."""
    try:
        return bool(await client.ping())
    except ResponseError as error:
        if not str(error).startswith("BUSY"):
            raise
    log.error("wire.script_ended")
    await client.script_kill()
    return False
