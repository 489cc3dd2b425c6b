"""Where does a task run, and is what it asks for possible there?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities, Way, require
from shared.accounts.lane import lane_for
from shared.accounts.store import accounts
from shared.errors import Invalid, NotFound
from shared.identity.store import workspaces
from shared.task_types.spec import AnySpec, Payload

_SHARED_LANE = re.compile(r"system|media|ai|api\.[a-z0-9_-]+")
_HOST_LANE = re.compile(r"chromium\.(?P<host>[a-z0-9-]+)\.[a-z0-9_-]+|safari\.(?P<mac>[a-z0-9-]+)")
_STEPS_UP = re.compile(r"/(\.|%2e){1,2}(/|\?|#|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """What decides where a task runs; `field` is put before the names of what is wrong."""

    spec: AnySpec
    payload: Payload
    account: Row[Any] | None
    field: str = ""


async def lane_of(connection: AsyncConnection, place: Place, abilities: Abilities) -> str:
    """The lane for a task.

    Raises:
        NotFound: the lane is nobody's or another workspace's, or the address is not on the account's platform.
        Invalid: the platform cannot do this, or not with a text so long.
    """
    if place.spec.lane == "named":
        return await _named_lane(connection, str(getattr(place.payload, "lane", "")), place.field)
    if place.account is None or not place.spec.of_account:
        return place.spec.lane
    _require_possible(place, place.account, abilities)
    if place.spec.lane != "account":
        return place.spec.lane
    return lane_for(place.account.transport, place.account.platform, place.account.host)


async def lane_of_account(connection: AsyncConnection, account_id: UUID) -> str:
    """The lane of an account.

    Raises:
        NotFound: it is not there any more.
    """
    account = await accounts.find_by_id(connection, account_id)
    if account is None:
        raise NotFound(field="account", message=f"There is no account {account_id}.")
    return lane_for(account.transport, account.platform, account.host)


async def _named_lane(connection: AsyncConnection, lane: str, field: str) -> str:
    if _SHARED_LANE.fullmatch(lane):
        return lane
    bound = _HOST_LANE.fullmatch(lane)
    host = (bound["host"] or bound["mac"]) if bound else ""
    if host and await workspaces.host_exists(connection, host):
        return lane
    raise NotFound(field=f"{field}payload.lane", message=f"There is no lane {lane!r}.")


def _require_possible(place: Place, account: Row[Any], abilities: Abilities) -> None:
    ability, *_ = [
        require(abilities, Way(account.platform, capability, account.transport), field=f"{place.field}platform")
        for capability in (place.spec.capability, *place.spec.needs)
    ]
    address, text = getattr(place.payload, "post_url", None), getattr(place.payload, "text", None)
    if address is not None and (not address.startswith(f"{account.origin}/") or _STEPS_UP.search(address)):
        raise NotFound(
            field=f"{place.field}payload.post_url",
            message=f"This address is not on the account's platform, whose addresses begin with {account.origin}/.",
        )
    if text is not None and len(text) > ability.max_text:
        raise Invalid(
            code="text_too_long",
            field=f"{place.field}payload.text",
            message=f"{account.platform} takes {ability.max_text} characters at most; this text has {len(text)}.",
        )
