"""Does a persona exist that a client names, and which ones are there?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.personas import repository


async def persona_exists(connection: AsyncConnection, persona: UUID, *, hold: bool = False) -> bool:
    """Return whether the workspace has this persona; with `hold` it cannot be removed before the transaction ends."""
    return await repository.exists(connection, persona, hold=hold)


async def persona_ids(connection: AsyncConnection) -> set[UUID]:
    """Return the ids of the workspace's personas."""
    return await repository.ids(connection)
