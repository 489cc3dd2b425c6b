"""Who is a member of a workspace, and with which role?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.cursor import id_in
from shared.db import events
from shared.db.database import Database
from shared.errors import Conflict, NotFound
from shared.identity.caller import Caller, Role, require_held
from shared.identity.store import people
from shared.identity.store.people import MemberRow
from shared.page import Page, View


class MemberView(View):
    """A person in a workspace."""

    id: UUID = Field(description="The person's id.")
    email: str
    role: Role
    created_at: datetime = Field(description="Since when they are a member.")


class SignedOut(BaseModel):
    """The number of sessions that were ended."""

    sessions: int


class MemberPage(Page[MemberView]):
    """Members, by their ids."""


async def list_members(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> MemberPage:
    """Return a page of the workspace's members."""
    after = id_in(cursor) if cursor else None
    async with database.read(caller.workspace_id) as connection:
        rows = await people.page_of_members(connection, caller.workspace_id, after=after, limit=limit + 1)
    items = [MemberView.of(row) for row in rows[:limit]]
    return MemberPage.of(items, len(rows))


async def change_role(*, database: Database, caller: Caller, member: UUID, role: Role) -> MemberView:
    """Change a member's role; it holds from their next request on.

    Raises:
        NotAllowed: the role may do more than the caller.
        NotFound: there is no such member.
        Conflict: they are the last owner, and would no longer be one.
    """
    require_held(caller, role)
    async with database.change(caller.workspace_id) as connection:
        row = await _hold(connection, caller, member)
        if role != "owner":
            await _require_another_owner(connection, caller, row)
        await people.set_role(connection, caller.workspace_id, member, role)
        data = {"person": str(member), "email": row.email, "before": row.role, "role": role, "by": caller.name}
        await events.append(connection, caller.workspace_id, "member.changed", data)
    return MemberView.of(row).model_copy(update={"role": role})


async def remove_member(*, database: Database, caller: Caller, member: UUID) -> MemberView:
    """Remove a member; keys that they have made stay valid until they are revoked.

    Raises:
        NotFound: there is no such member.
        Conflict: they are the last owner.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await _hold(connection, caller, member)
        await _require_another_owner(connection, caller, row)
        await people.remove_member(connection, caller.workspace_id, member)
        data = {"person": str(member), "email": row.email, "role": row.role, "by": caller.name}
        await events.append(connection, caller.workspace_id, "member.removed", data)
    return MemberView.of(row)


async def sign_out_member(*, database: Database, caller: Caller, member: UUID) -> SignedOut:
    """End all sessions of a member, wherever they were opened; they may sign in again.

    Raises:
        NotFound: there is no such member.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await _hold(connection, caller, member)
        ended = await people.end_member_sessions(connection, member)
        data = {"person": str(member), "email": row.email, "sessions": ended, "by": caller.name}
        await events.append(connection, caller.workspace_id, "member.signed_out", data)
    return SignedOut(sessions=ended)


async def _hold(connection: AsyncConnection, caller: Caller, member: UUID) -> MemberRow:
    row = await people.lock_member(connection, caller.workspace_id, member)
    if row is None:
        raise NotFound(field="member", message=f"There is no member {member}.")
    return row


async def _require_another_owner(connection: AsyncConnection, caller: Caller, row: MemberRow) -> None:
    if row.role == "owner" and await people.count_owners(connection, caller.workspace_id) == 1:
        raise Conflict(code="last_owner", message="The last owner stays: make somebody else an owner first.")
