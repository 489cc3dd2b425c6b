"""What can be paused, and under which key?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities
from shared.accounts.find import of_scope
from shared.names import Names
from shared.tasks.drafting.lane import require_lane


@dataclass(frozen=True, slots=True)
class Held:
    """A scope by the key under which it is parked."""

    key: str
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """The things that can be paused: the platforms by their names, and their capabilities."""

    platforms: Names
    abilities: Abilities


class Pausing(BaseModel):
    """The result of a pause or of resuming."""

    scope: str
    state: Literal["paused", "running"]


async def held_scope(connection: AsyncConnection, scope: str, places: Places) -> Held:
    """Return the key of a scope: `all`, `lane:…`, `platform:…`, `account:<platform>/<handle>` or `account:<id>`.

    Raises:
        NotFound: there is no such lane, platform or account, so that nothing would be held.
    """
    kind, _, named = scope.partition(":")
    match kind:
        case "platform":
            platform = places.platforms.require(named, field="scope")
            return Held(f"platform:{platform}", platform=platform)
        case "lane":
            return Held(f"lane:{await require_lane(connection, named, places.abilities, field='scope')}")
        case "account":
            return Held(f"account:{(await of_scope(connection, scope, places.platforms)).id}")
        case _:
            return Held(scope)
