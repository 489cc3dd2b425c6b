"""On which lane does a task run, and is what it asks for possible there?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities, Way, able, require
from shared.accounts.lane import lane_for
from shared.accounts.lookup import accounts
from shared.accounts.lookup.accounts import AccountRow
from shared.errors import NotFound
from shared.identity.host_names import host_names
from shared.names import require_name
from shared.task_types.spec import AnySpec, Payload
from shared.tasks.drafting.measure import require_sendable

_SHARED_LANES = frozenset({"system", "media", "ai"})


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """The facts that decide where a task runs, and whether it can run at all.

    `field` is put before the names of what is wrong, `disclosure` stands at the end of what it says. A worker, who sees all
    workspaces, says whose it is.
    """

    spec: AnySpec
    payload: Payload
    account: AccountRow | None
    field: str = ""
    disclosure: str = ""
    workspace_id: UUID | None = None


async def lane_of(connection: AsyncConnection, place: LaneFacts, abilities: Abilities) -> str:
    """Return the lane for a task.

    Raises:
        NotFound: the lane does not exist, or is another workspace's.
        Invalid: the platform cannot do this, or can never send its content.
    """
    if place.spec.lane == "named":
        named = str(getattr(place.payload, "lane", ""))
        field = f"{place.field}payload.lane"
        return await require_lane(connection, named, abilities, field=field, workspace=place.workspace_id)
    if place.account is None or not place.spec.of_account:
        return place.spec.lane
    _require_possible(place, place.account, abilities)
    if place.spec.lane != "account":
        return place.spec.lane
    return lane_for(place.account.transport, place.account.platform, place.account.host)


async def lane_of_account(connection: AsyncConnection, account_id: UUID) -> str:
    """Return the lane of an account.

    Raises:
        NotFound: the account does not exist any more.
    """
    account = await accounts.find_by_id(connection, account_id)
    if account is None:
        raise NotFound(field="account", message=f"There is no account {account_id}.")
    return lane_for(account.transport, account.platform, account.host)


async def require_lane(
    connection: AsyncConnection, lane: str, abilities: Abilities, *, field: str, workspace: UUID | None = None
) -> str:
    """Return which lane is meant: one for all, a platform's API, or a browser of one of the workspace's hosts.

    Raises:
        NotFound: there is no such lane, or it is another workspace's; the message says which there are.
    """
    if lane in _SHARED_LANES:
        return lane  # most are, and ten thousand may come at once
    return require_name("lane", lane, lanes_of(abilities, await host_names(connection, workspace)), field=field)


def lanes_of(abilities: Abilities, hosts: Iterable[str]) -> frozenset[str]:
    """Return every lane on which something can be done, with these hosts."""
    ways = {(way.transport, way.platform) for way, of in abilities.items() if not of.unsupported}
    bound = {lane_for(transport, platform, host) for host in hosts for transport, platform in ways}
    return _SHARED_LANES | bound | {lane_for("api", platform, None) for transport, platform in ways if transport == "api"}


def _require_possible(place: LaneFacts, account: AccountRow, abilities: Abilities) -> None:
    ability, *_ = [
        require(abilities, Way(account.platform, capability, account.transport), field=f"{place.field}platform")
        for capability in (place.spec.capability, *place.spec.needs)
    ]
    makers = able(abilities, place.spec.capability)
    for number, maker in enumerate(getattr(place.payload, "makers", ())):
        require_name("maker", maker, makers, field=f"{place.field}payload.makers[{number}]")
    require_sendable(place.payload, ability, abilities, disclosure=place.disclosure, field=place.field)
