"""Invitations to become a member: listing, making and revoking them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.cursor import id_in
from shared.db import events
from shared.db.database import Database
from shared.errors import Conflict, NotFound
from shared.identity.caller import Caller, Role, require_held
from shared.identity.email import new_email
from shared.identity.opaque import INVITATION, make_opaque
from shared.identity.store import invitations
from shared.identity.store.invitations import InvitationRow
from shared.ids import new_id
from shared.page import Page, View

MOST_OPEN = 200
OPEN_FOR_D = 7


class InvitationView(View):
    """An invitation to become a member: the address, the role, and until when it is valid."""

    id: UUID
    email: str
    role: Role
    created_by: str
    created_at: datetime
    expires_at: datetime


class InvitationMade(InvitationView):
    """A new invitation with its token."""

    token: str = Field(description="Give it to the person, by a way you trust. Shown now and never again.")


class InvitationPage(Page[InvitationView]):
    """Open invitations, newest first."""


async def list_invitations(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> InvitationPage:
    """Return a page of the workspace's open invitations."""
    before = id_in(cursor) if cursor else None
    async with database.read(caller.workspace_id) as connection:
        rows = await invitations.page(connection, caller.workspace_id, before=before, limit=limit + 1)
    items = [InvitationView.of(row) for row in rows[:limit]]
    return InvitationPage.of(items, len(rows))


async def invite(*, database: Database, caller: Caller, email: str, role: Role) -> InvitationMade:
    """Invite a person; only this answer contains the token.

    Raises:
        NotAllowed: the role may do more than the caller.
        Conflict: the e-mail address is invalid, or the workspace has as many open invitations as it may have.
    """
    require_held(caller, role)
    made = make_opaque(INVITATION)
    row = {
        "id": new_id(),
        "workspace_id": caller.workspace_id,
        "email": new_email(email),
        "role": role,
        "hash": made.hash,
        "created_by": caller.name,
    }
    async with database.change(caller.workspace_id) as connection:
        if await invitations.count(connection, caller.workspace_id) >= MOST_OPEN:
            raise Conflict(code="too_many", message=f"A workspace has {MOST_OPEN} open invitations at most.")
        kept = await invitations.add(connection, row, OPEN_FOR_D)
        await events.append(connection, caller.workspace_id, "invitation.created", _said(kept, caller))
    return InvitationMade(**InvitationView.of(kept).model_dump(), token=made.text)


async def revoke_invitation(*, database: Database, caller: Caller, invitation: UUID) -> InvitationView:
    """Revoke an invitation.

    Raises:
        NotFound: there is none, or it was accepted.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await invitations.remove(connection, caller.workspace_id, invitation)
        if row is None:
            raise NotFound(field="invitation", message=f"There is no invitation {invitation}.")
        await events.append(connection, caller.workspace_id, "invitation.revoked", _said(row, caller))
    return InvitationView.of(row)


def _said(row: InvitationRow, caller: Caller) -> dict[str, Any]:
    return {"invitation": str(row.id), "email": row.email, "role": row.role, "by": caller.name}
