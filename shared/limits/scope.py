"""Which scope does a client mean, and which limits are its defaults?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.find import of_scope
from shared.engine.rules.limits import Limits, default_for
from shared.errors import NotFound
from shared.names import Names
from shared.personas.exists import persona_exists


@dataclass(frozen=True, slots=True)
class LimitScope:
    """A scope by its key in the database, with its default."""

    key: str
    default: Limits


async def limit_scope(connection: AsyncConnection, named: str, platforms: Names) -> LimitScope:
    """Return the scope that a client names.

    Raises:
        NotFound: there is no such platform, account or persona.
    """
    kind, _, of = named.partition(":")
    if kind == "account":
        found = await of_scope(connection, named, platforms)
        key = f"account:{found.id}"
        return LimitScope(key, default_for(key, found.platform, practice=found.practice))
    if kind == "persona" and not await persona_exists(connection, UUID(of)):
        raise NotFound(field="scope", message=f"There is no persona {of}.")
    key = f"platform:{platforms.require(of, field='scope')}" if kind == "platform" else named.lower()
    return LimitScope(key, default_for(key, None, practice=False))
