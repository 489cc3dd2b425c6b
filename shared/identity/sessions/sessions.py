"""Which sessions does a person have, and how are they ended?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.cursor import id_in
from shared.db.database import Database
from shared.errors import NotFound
from shared.identity.caller import Person
from shared.identity.store import sessions
from shared.identity.store.sessions import SessionRow
from shared.page import Page, View


class SessionView(View):
    """One sign-in."""

    id: UUID
    current: bool = Field(description="Whether it is the one that asks.")
    address: str = Field(description="Where it was opened from.")
    agent: str = Field(description="What the browser or program called itself.")
    created_at: datetime
    seen_at: datetime = Field(description="When it was last refreshed.")
    expires_at: datetime = Field(description="When it ends unless it is refreshed.")


class SessionPage(Page[SessionView]):
    """Sign-ins, newest first."""


async def list_sessions(*, database: Database, person: Person, cursor: str | None, limit: int) -> SessionPage:
    """Return a page of the person's open sessions."""
    async with database.personal(person.id) as connection:
        rows = await sessions.page(connection, person.id, before=id_in(cursor) if cursor else None, limit=limit + 1)
    items = [_show(row, person) for row in rows[:limit]]
    return SessionPage.of(items, len(rows))


async def end_session(*, database: Database, person: Person, session: UUID, because: str) -> SessionView:
    """End a session: its refresh token at once, its access token with the next request.

    Raises:
        NotFound: the person has no such session.
    """
    async with database.personal(person.id) as connection:
        row = await sessions.end(connection, person.id, session, because)
    if row is None:
        raise NotFound(field="session", message=f"There is no session {session}.")
    return _show(row, person)


def _show(row: SessionRow, person: Person) -> SessionView:
    return SessionView.of(row, current=row.id == person.session_id)
