"""A ticket opens a socket where no header can be sent, as from a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, Field

from shared.db.database import Database
from shared.identity.caller import Caller, Visitor
from shared.identity.opaque import TICKET, make_opaque
from shared.identity.store import sessions

GOOD_FOR_S = 30.0


class TicketMade(BaseModel):
    """A ticket that admits one socket."""

    ticket: str = Field(description="For `/api/ws?ticket=…`, once.")
    expires_at: datetime


async def make_ticket(*, database: Database, caller: Caller, visitor: Visitor) -> TicketMade:
    """Return a ticket for one socket, which then reads what its caller may read."""
    made = make_opaque(TICKET)
    session = visitor.person.session_id if visitor.person else None
    async with database.read(caller.workspace_id) as connection:
        await sessions.add_ticket(
            connection,
            caller.workspace_id,
            made.hash,
            key=None if session else caller.id,
            session=session,
            seconds=GOOD_FOR_S,
        )
    return TicketMade(ticket=made.text, expires_at=datetime.now(UTC) + timedelta(seconds=GOOD_FOR_S))
