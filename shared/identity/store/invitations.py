"""Who is invited to become a member?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Invitation
from shared.db.rows import columns_of, row_of, row_or_none, rows_of
from shared.identity.caller import Role


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation, without its token."""

    id: UUID
    email: str
    role: Role
    created_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An open invitation, as its token finds it."""

    id: UUID
    workspace_id: UUID
    email: str
    role: Role


_SHOWN = columns_of(Invitation, InvitationRow)
_IS_OPEN = Invitation.expires_at > func.clock_timestamp()


async def add(connection: AsyncConnection, invitation: Mapping[str, Any], days: int) -> InvitationRow:
    """Store an invitation that is open for so many days."""
    expires_at = func.clock_timestamp() + func.make_interval(0, 0, 0, days)
    statement = insert(Invitation).values(**invitation, expires_at=expires_at).returning(*_SHOWN)
    return row_of(InvitationRow, await connection.execute(statement))


async def count(connection: AsyncConnection, workspace: UUID) -> int:
    """Return how many of the workspace are open."""
    query = select(func.count(Invitation.id)).where(Invitation.workspace_id == workspace, _IS_OPEN)
    return int((await connection.execute(query)).scalar_one())


async def page(connection: AsyncConnection, workspace: UUID, *, before: UUID | None, limit: int) -> list[InvitationRow]:
    """Return open invitations, newest first."""
    query = select(*_SHOWN).where(Invitation.workspace_id == workspace, _IS_OPEN)
    if before is not None:
        query = query.where(Invitation.id < before)
    return rows_of(InvitationRow, await connection.execute(query.order_by(Invitation.id.desc()).limit(limit)))


async def remove(connection: AsyncConnection, workspace: UUID, invitation: UUID) -> InvitationRow | None:
    """Remove an invitation that is revoked or used; return None where there is none."""
    statement = delete(Invitation).where(Invitation.workspace_id == workspace, Invitation.id == invitation)
    return row_or_none(InvitationRow, await connection.execute(statement.returning(*_SHOWN)))


async def take(connection: AsyncConnection, hashed: bytes) -> OpenInvitation | None:
    """Return the open invitation of this token, held until the transaction ends."""
    query = text("SELECT * FROM take_invitation(:hash)")
    return row_or_none(OpenInvitation, await connection.execute(query, {"hash": hashed}))


async def enter(connection: AsyncConnection, workspace: UUID) -> None:
    """Set the transaction's workspace from here on."""
    await connection.execute(text("SELECT set_config('app.workspace', :workspace, true)"), {"workspace": str(workspace)})
