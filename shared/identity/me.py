"""Who am I, to the gateway?"""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from shared.db.desk import Desk
from shared.db.repositories import identity
from shared.identity.caller import SCOPES, Caller


class Named(BaseModel):
    """Something with an id and a name."""

    id: UUID
    name: str


class KeyView(Named):
    """The key that asks."""

    scopes: list[str]


class Me(BaseModel):
    """The caller."""

    key: KeyView
    workspace: Named


async def describe_caller(*, desk: Desk, caller: Caller) -> Me:
    """The key that asks, and its workspace."""
    async with desk.read(caller.workspace_id) as connection:
        name = await identity.workspace_name(connection, caller.workspace_id)
    scopes = [scope for scope in SCOPES if scope in caller.scopes]
    return Me(
        key=KeyView(id=caller.key_id, name=caller.key_name, scopes=scopes),
        workspace=Named(id=caller.workspace_id, name=name),
    )
