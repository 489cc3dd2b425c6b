"""Which secrets do the gateways share, and nobody else?"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_KEEP = text("INSERT INTO gateway_secrets (name, secret) VALUES (:name, :fresh) ON CONFLICT DO NOTHING")
_FIND = text("SELECT secret FROM gateway_secrets WHERE name = :name")


async def ensure(connection: AsyncConnection, name: str, fresh: bytes) -> bytes:
    """The secret of this name; `fresh` becomes it where there is none. Of several gateways that ask at once one makes it."""
    await connection.execute(_KEEP, {"name": name, "fresh": fresh})
    return bytes((await connection.execute(_FIND, {"name": name})).scalar_one())
