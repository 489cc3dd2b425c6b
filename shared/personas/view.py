"""How is a persona shown?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import NotFound
from shared.page import View
from shared.personas import repository
from shared.personas.repository import PersonaRow


class PersonaView(View):
    """A voice that owns accounts, schedules and content."""

    id: UUID
    name: str
    voice: str = Field(description="`professional`, `casual`, `enthusiastic`, `thoughtful`, or a description of one's own.")
    languages: list[str] = Field(description="BCP 47, the best first.")
    zone: str = Field(description="The IANA time zone of its day: quiet hours without a zone of their own follow it.")
    disclosure: str = Field(description="What stands at the end of posts that AI wrote; empty: nothing.")
    limits: str = Field(description="Where its quiet hours and budgets are read and set.")
    accounts: list[str] = Field(description="The accounts it owns, as platform/handle.")
    created_at: datetime


def view_persona(row: PersonaRow) -> PersonaView:
    """Return a persona's row as it is shown."""
    return PersonaView.of(row, limits=f"/api/limits?scope=persona:{row.id}")


async def existing(connection: AsyncConnection, persona: UUID) -> PersonaRow:
    """Return the persona's row.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    row = await repository.find(connection, persona)
    if row is None:
        raise NotFound(field="persona", message=f"There is no persona {persona}.")
    return row
