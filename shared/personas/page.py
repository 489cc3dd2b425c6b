"""Which personas are there?"""

from __future__ import annotations

from uuid import UUID

from shared.cursor import id_in
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.page import Page
from shared.personas import repository
from shared.personas.view import PersonaView, existing, view_persona


class PersonaPage(Page[PersonaView]):
    """Personas, newest first."""


async def list_personas(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> PersonaPage:
    """Return a page of the workspace's personas."""
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
    items = [view_persona(row) for row in rows[:limit]]
    return PersonaPage.of(items, len(rows))


async def find_persona(*, database: Database, caller: Caller, persona: UUID) -> PersonaView:
    """Return one persona.

    Raises:
        NotFound: there is no such persona.
    """
    async with database.read(caller.workspace_id) as connection:
        return view_persona(await existing(connection, persona))
