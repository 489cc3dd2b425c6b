"""Does Redis know every host that joined, and none that was revoked? It forgets its users when it starts again.

A gateway tells Redis itself; here is repeated what it did not hear, from the hashes that PostgreSQL keeps.
"""

from __future__ import annotations

import structlog
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.repositories import hosts
from shared.db.session import single_statements
from shared.hosts.wire import HostWire
from shared.settings import Settings

log = structlog.get_logger()


async def keep_users(engine: AsyncEngine, settings: Settings) -> None:
    """Make the users that Redis lacks, and remove those that were revoked; a Redis that is away is asked next time."""
    async with single_statements(engine).connect() as connection:
        rows = await hosts.of_redis(connection)
    if not rows:
        return
    wire = HostWire(settings.broker_url())
    try:
        known = await wire.users()
    except (RedisError, OSError) as error:
        log.warning("host.users_unknown", error=repr(error)[:300])
        return
    missing = [(row.role, row.redis_hash, row.name) for row in rows if not row.is_revoked and row.role not in known]
    revoked = [row.role for row in rows if row.is_revoked and row.role in known]
    if missing or revoked:
        log.info("host.users_mended", made=len(missing), removed=len(revoked))
        await wire.follow(admit=missing, revoke=revoked)
