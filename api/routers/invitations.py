"""Invitations: how people become members."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Request

from api.cookies import shown_access
from api.deps import ComeFrom, TheDatabase, TheLoginContext
from api.guard import GuardedRoute, Manager, public, visitor_of
from api.schemas.identity import ACCEPT_EXAMPLES, INVITATION_EXAMPLES, AcceptBody, InvitationBody
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from shared.identity.accept_invitation import Accepted, accept_invitation
from shared.identity.caller import Person
from shared.identity.invitations import (
    InvitationMade,
    InvitationPage,
    InvitationView,
    invite,
    list_invitations,
    revoke_invitation,
)

router = APIRouter(prefix="/api/invitations", tags=["invitations"], route_class=GuardedRoute)
InvitationId = Annotated[Id, Path(description="The invitation's id.")]


@router.get("")
async def list_(caller: Manager, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> InvitationPage:
    """List the workspace's open invitations."""
    return await list_invitations(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def create(
    caller: Manager, database: TheDatabase, body: Annotated[InvitationBody, Body(openapi_examples=INVITATION_EXAMPLES)]
) -> InvitationMade:
    """Invite a person; the answer holds the token, once. It is valid for seven days."""
    return await invite(database=database, caller=caller, email=body.email, role=body.role)


@router.post("/accept", status_code=201, dependencies=[public])
async def accept(
    request: Request,
    database: TheDatabase,
    login: TheLoginContext,
    come_from: ComeFrom,
    body: Annotated[AcceptBody, Body(openapi_examples=ACCEPT_EXAMPLES)],
) -> Accepted:
    """Accept an invitation: with a password as a new person, or with an access token as an existing one."""
    return await accept_invitation(
        database=database,
        login=login,
        token=body.token,
        password=body.password,
        person=await _signed_in(request),
        address=come_from.address,
    )


@router.delete("/{invitation:uuid}")  # an id only: `accept` is another address
async def revoke(caller: Manager, database: TheDatabase, invitation: InvitationId) -> InvitationView:
    """Revoke an invitation."""
    return await revoke_invitation(database=database, caller=caller, invitation=invitation)


async def _signed_in(request: Request) -> Person | None:
    """Return the person who accepts, if they are signed in."""
    shows = request.headers.get("Authorization") or shown_access(request)
    return (await visitor_of(request)).person if shows else None
