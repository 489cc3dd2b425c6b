"""Hosts: machines with browsers that join a workspace."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path

from api.deps import ComeFrom, TheDatabase, TheLoginContext, TheRelay
from api.guard import GuardedRoute, Manager, public
from api.schemas.hosts import GONE_EXAMPLES, HOST_EXAMPLES, JOIN_EXAMPLES, GoneBody, HostBody, JoinBody
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from shared.hosts.declare_gone import declare_gone
from shared.hosts.find import find_host, list_hosts
from shared.hosts.join import HostJoined, join_host
from shared.hosts.offer import offer_host
from shared.hosts.revoke import revoke_host
from shared.hosts.view import HostOffered, HostPage, HostView

router = APIRouter(prefix="/api/hosts", tags=["hosts"], route_class=GuardedRoute)
HostId = Annotated[Id, Path(description="The host's id.")]


@router.get("")
async def list_(caller: Manager, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> HostPage:
    """List the workspace's hosts."""
    return await list_hosts(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def create(
    caller: Manager, database: TheDatabase, body: Annotated[HostBody, Body(openapi_examples=HOST_EXAMPLES)]
) -> HostOffered:
    """Create a host, or find it; the answer holds the token with which it joins, once. It is valid for 15 minutes."""
    return await offer_host(database=database, caller=caller, name=body.name)


@router.post("/join", dependencies=[public])
async def join(
    database: TheDatabase,
    login: TheLoginContext,
    relay: TheRelay,
    come_from: ComeFrom,
    body: Annotated[JoinBody, Body(openapi_examples=JOIN_EXAMPLES)],
) -> HostJoined:
    """Join as a host: the token is used up, and the answer holds the host's own credentials, once."""
    return await join_host(
        database=database, throttle=login.throttle, relay=relay, token=body.token, address=come_from.address
    )


@router.get("/{host:uuid}")  # an id only: `join` is another address
async def get(caller: Manager, database: TheDatabase, host: HostId) -> HostView:
    """Show a host."""
    return await find_host(database=database, caller=caller, host=host)


@router.post("/{host:uuid}/revoke")
async def revoke(caller: Manager, database: TheDatabase, relay: TheRelay, host: HostId) -> HostView:
    """Revoke a host's credential at once; it may join again with a new token."""
    return await revoke_host(database=database, caller=caller, relay=relay, host=host)


@router.post("/{host:uuid}/gone")
async def mark_gone(
    caller: Manager,
    database: TheDatabase,
    relay: TheRelay,
    host: HostId,
    body: Annotated[GoneBody, Body(openapi_examples=GONE_EXAMPLES)],
) -> HostView:
    """Mark a silent host as gone for good: what was lost on it counts as dead, and its accounts can be used elsewhere."""
    return await declare_gone(database=database, caller=caller, relay=relay, host=host, note=body.note)
