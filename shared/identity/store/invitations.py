"""Who is invited to become a member?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Invitation

_SHOWN: tuple[Any, ...] = (
    Invitation.id,
    Invitation.email,
    Invitation.role,
    Invitation.created_by,
    Invitation.created_at,
    Invitation.expires_at,
)
_IS_OPEN = Invitation.expires_at > func.clock_timestamp()


async def add(connection: AsyncConnection, invitation: Mapping[str, Any], days: int) -> Row[Any]:
    """Keep an invitation that is open for so many days."""
    expires_at = func.clock_timestamp() + func.make_interval(0, 0, 0, days)
    statement = insert(Invitation).values(**invitation, expires_at=expires_at).returning(*_SHOWN)
    return (await connection.execute(statement)).one()


async def count(connection: AsyncConnection, workspace: UUID) -> int:
    """How many of the workspace are open."""
    query = select(func.count(Invitation.id)).where(Invitation.workspace_id == workspace, _IS_OPEN)
    return int((await connection.execute(query)).scalar_one())


async def page(connection: AsyncConnection, workspace: UUID, *, before: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Open invitations, newest first."""
    query = select(*_SHOWN).where(Invitation.workspace_id == workspace, _IS_OPEN)
    if before is not None:
        query = query.where(Invitation.id < before)
    return (await connection.execute(query.order_by(Invitation.id.desc()).limit(limit))).all()


async def remove(connection: AsyncConnection, workspace: UUID, invitation: UUID) -> Row[Any] | None:
    """Take an invitation back, or use it up; None where there is none."""
    statement = delete(Invitation).where(Invitation.workspace_id == workspace, Invitation.id == invitation)
    return (await connection.execute(statement.returning(*_SHOWN))).one_or_none()


async def take(connection: AsyncConnection, hashed: bytes) -> Row[Any] | None:
    """The open invitation (id, workspace_id, email, role) of this token, held until the transaction ends."""
    return (await connection.execute(text("SELECT * FROM take_invitation(:hash)"), {"hash": hashed})).one_or_none()


async def enter(connection: AsyncConnection, workspace: UUID) -> None:
    """From here on the transaction is in this workspace."""
    await connection.execute(text("SELECT set_config('app.workspace', :workspace, true)"), {"workspace": str(workspace)})
