"""Whose key is this?"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.repositories import identity
from shared.db.session import single_statements
from shared.identity.api_keys import SHAPE, hash_of
from shared.identity.caller import Caller, NotSignedIn


async def sign_in(*, engine: AsyncEngine, authorization: str) -> Caller:
    """The caller behind an `Authorization` header.

    Raises:
        NotSignedIn: there is no key in it, or none that is valid now.
    """
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not SHAPE.fullmatch(key.strip()):
        raise NotSignedIn(message="Send an API key as `Authorization: Bearer csk_…`.")
    async with single_statements(engine).connect() as connection:
        row = await identity.find_key(connection, hash_of(key.strip()))
    if row is None:
        raise NotSignedIn(message="This API key is not known, or no longer valid.")
    return Caller(row.id, row.name, row.workspace_id, frozenset(row.scopes))
