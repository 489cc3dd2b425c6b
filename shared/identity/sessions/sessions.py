"""Where is a person signed in, and how do they end that?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row

from shared.cursor import id_in, of_id
from shared.db.database import Database
from shared.errors import NotFound
from shared.identity.caller import Person
from shared.identity.store import sessions


class SessionView(BaseModel):
    """One sign-in."""

    id: UUID
    current: bool = Field(description="Whether it is the one that asks.")
    address: str = Field(description="Where it was opened from.")
    agent: str = Field(description="What the browser or program called itself.")
    created_at: datetime
    seen_at: datetime = Field(description="When it was last refreshed.")
    expires_at: datetime = Field(description="When it ends unless it is refreshed.")


class SessionPage(BaseModel):
    """Sign-ins, newest first."""

    items: list[SessionView]
    next_cursor: str | None


async def list_sessions(*, desk: Database, person: Person, cursor: str | None, limit: int) -> SessionPage:
    """A page of the person's open sessions."""
    async with desk.personal(person.id) as connection:
        rows = await sessions.page(connection, person.id, before=id_in(cursor) if cursor else None, limit=limit + 1)
    items = [_show(row, person) for row in rows[:limit]]
    return SessionPage(items=items, next_cursor=of_id(items[-1].id) if len(rows) > limit else None)


async def end_session(*, desk: Database, person: Person, session: UUID, because: str) -> SessionView:
    """End a session: its refresh token at once, its access token with the next request.

    Raises:
        NotFound: the person has no such session.
    """
    async with desk.personal(person.id) as connection:
        row = await sessions.end(connection, person.id, session, because)
    if row is None:
        raise NotFound(field="session", message=f"There is no session {session}.")
    return _show(row, person)


def _show(row: Row[Any], person: Person) -> SessionView:
    shown = {name: getattr(row, name) for name in SessionView.model_fields if name != "current"}
    return SessionView(**shown, current=row.id == person.session_id)
