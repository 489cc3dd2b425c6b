"""API keys: for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path

from api.deps import TheDatabase
from api.guard import GuardedRoute, Manager
from api.schemas.identity import KEY_EXAMPLES, KeyBody
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from shared.identity.keys import KeyMade, KeyPage, KeyView, create_key, list_keys, revoke_key

router = APIRouter(prefix="/api/keys", tags=["keys"], route_class=GuardedRoute)
KeyId = Annotated[Id, Path(description="The key's id.")]


@router.get("")
async def list_(caller: Manager, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> KeyPage:
    """List the workspace's valid keys."""
    return await list_keys(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def create(
    caller: Manager, database: TheDatabase, body: Annotated[KeyBody, Body(openapi_examples=KEY_EXAMPLES)]
) -> KeyMade:
    """Create a key; the answer holds its text, once."""
    return await create_key(
        database=database, caller=caller, name=body.name, scopes=body.scopes, expires_at=body.expires_at, author=body.author
    )


@router.delete("/{key_id}")
async def revoke(caller: Manager, database: TheDatabase, key_id: KeyId) -> KeyView:
    """Revoke a key; its next request is refused."""
    return await revoke_key(database=database, caller=caller, key=key_id)
