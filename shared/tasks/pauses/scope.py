"""What can be paused, and under which key?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.store import accounts
from shared.errors import NotFound

_ACCOUNT = re.compile(r"account:(?P<platform>[a-z0-9_-]+)/(?P<handle>.+)")


@dataclass(frozen=True, slots=True)
class Held:
    """A scope by the key under which it is parked."""

    key: str
    platform: str | None = None


class Pausing(BaseModel):
    """What a pause or its end did."""

    scope: str
    state: Literal["paused", "running"]


async def held_scope(connection: AsyncConnection, scope: str) -> Held:
    """The key of a scope: `all`, `lane:…`, `platform:…`, `account:<platform>/<handle>` or `account:<id>`.

    Raises:
        NotFound: there is no such account.
    """
    if scope.startswith("platform:"):
        return Held(scope, platform=scope.removeprefix("platform:"))
    if not scope.startswith("account:"):
        return Held(scope)
    named = _ACCOUNT.fullmatch(scope)
    if named:
        found = await accounts.find(connection, named["platform"], named["handle"])
    else:
        found = await accounts.find_by_id(connection, UUID(scope.removeprefix("account:")))
    if found is None:
        raise NotFound(field="scope", message=f"There is no such account: {scope.removeprefix('account:')}.")
    return Held(f"account:{found.id}")
