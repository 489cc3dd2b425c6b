"""Which secrets do only the gateways know?"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_KEEP = text("INSERT INTO gateway_secrets (name, secret) VALUES (:name, :fresh) ON CONFLICT DO NOTHING")
_FIND = text("SELECT secret FROM gateway_secrets WHERE name = :name")


async def ensure(connection: AsyncConnection, name: str, fresh: bytes) -> bytes:
    """Return the secret of this name, which is `fresh` where there was none; of concurrent callers one stores it."""
    await connection.execute(_KEEP, {"name": name, "fresh": fresh})
    return bytes((await connection.execute(_FIND, {"name": name})).scalar_one())
