"""Which hosts has a workspace, by name?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Host


async def host_names(connection: AsyncConnection) -> list[str]:
    """Return the names of the workspace's hosts."""
    return list((await connection.execute(select(Host.name).order_by(Host.name))).scalars())


async def find_host(connection: AsyncConnection, name: str) -> UUID | None:
    """The workspace's host of this name."""
    found: UUID | None = (await connection.execute(select(Host.id).where(Host.name == name))).scalar_one_or_none()
    return found
