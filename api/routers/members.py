"""Members of the workspace, and what they may do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path

from api.deps import TheDatabase
from api.guard import GuardedRoute, Manager, Reader
from api.schemas.identity import ROLE_EXAMPLES, RoleBody
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from shared.identity.members import (
    MemberPage,
    MemberView,
    SignedOut,
    change_role,
    list_members,
    remove_member,
    sign_out_member,
)

router = APIRouter(prefix="/api/members", tags=["members"], route_class=GuardedRoute)
MemberId = Annotated[Id, Path(description="The person's id.")]


@router.get("")
async def list_(caller: Reader, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> MemberPage:
    """List the workspace's members."""
    return await list_members(database=database, caller=caller, cursor=cursor, limit=limit)


@router.patch("/{member}")
async def update(
    caller: Manager, database: TheDatabase, member: MemberId, body: Annotated[RoleBody, Body(openapi_examples=ROLE_EXAMPLES)]
) -> MemberView:
    """Change a member's role; the last owner keeps theirs."""
    return await change_role(database=database, caller=caller, member=member, role=body.role)


@router.delete("/{member}")
async def remove(caller: Manager, database: TheDatabase, member: MemberId) -> MemberView:
    """Remove a member; the last owner cannot be removed."""
    return await remove_member(database=database, caller=caller, member=member)


@router.post("/{member}/sign-out")
async def sign_out(caller: Manager, database: TheDatabase, member: MemberId) -> SignedOut:
    """End all sessions of a member; they may sign in again."""
    return await sign_out_member(database=database, caller=caller, member=member)
