"""Which hosts has a workspace, by name?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Host


async def host_names(connection: AsyncConnection, workspace: UUID | None = None) -> list[str]:
    """Return the names of a workspace's hosts; a worker, who sees all, says of which."""
    names = select(Host.name).order_by(Host.name)
    if workspace is not None:
        names = names.where(Host.workspace_id == workspace)
    return list((await connection.execute(names)).scalars())


async def find_host(connection: AsyncConnection, name: str) -> UUID | None:
    """Return the workspace's host of this name."""
    found: UUID | None = (await connection.execute(select(Host.id).where(Host.name == name))).scalar_one_or_none()
    return found
