"""Which scope does a client mean, and what holds for it where nobody has set anything?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.store import accounts
from shared.engine.rules.limits import Limits, default_for
from shared.errors import NotFound
from shared.identity.store import workspaces

_NAMED = re.compile(r"account:(?P<platform>[a-z0-9_-]+)/(?P<handle>.+)")


@dataclass(frozen=True, slots=True)
class LimitScope:
    """A scope by its key in the database, with its default."""

    key: str
    default: Limits


async def limit_scope(connection: AsyncConnection, named: str) -> LimitScope:
    """The scope that a client names.

    Raises:
        NotFound: there is no such account or persona.
    """
    kind, _, of = named.partition(":")
    if kind == "account":
        return await _account(connection, named, of)
    if kind == "persona" and not await workspaces.persona_exists(connection, UUID(of)):
        raise NotFound(field="scope", message=f"There is no persona {of}.")
    return LimitScope(named.lower(), default_for(named, None, practice=False))


async def _account(connection: AsyncConnection, named: str, of: str) -> LimitScope:
    match = _NAMED.fullmatch(named)
    found = (
        await accounts.find(connection, match["platform"], match["handle"])
        if match
        else await accounts.find_by_id(connection, UUID(of))
    )
    if found is None:
        raise NotFound(field="scope", message=f"There is no account {of}.")
    key = f"account:{found.id}"
    return LimitScope(key, default_for(key, found.platform, practice=found.practice))
