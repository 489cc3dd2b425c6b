"""Removing a persona."""

from __future__ import annotations

from uuid import UUID

from shared.db import events
from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.personas import repository
from shared.personas.view import PersonaView, existing, view_persona

MOST_NAMED = 10


async def remove_persona(*, database: Database, caller: Caller, persona: UUID) -> PersonaView:
    """Remove a persona that owns no account, with its limits; the answer shows it as it was.

    Raises:
        NotFound: there is no such persona.
        Conflict: it owns accounts; the message names them.
    """
    async with database.change(caller.workspace_id) as connection:
        await repository.lock(connection, persona)
        row = await existing(connection, persona)
        if row.accounts:
            more = len(row.accounts) - MOST_NAMED
            named = ", ".join(row.accounts[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
            message = f"{row.name} still owns {named}: move or remove them first."
            raise Conflict(code="owns_accounts", field="persona", message=message)
        await repository.remove(connection, persona)
        data = {"persona": str(persona), "name": row.name, "by": caller.name}
        await events.append(connection, caller.workspace_id, "persona.deleted", data)
    return view_persona(row)
