"""Changing a persona."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from shared.db import events
from shared.db.constraint import PERSONA_NAME, violated
from shared.db.database import Database
from shared.engine.store.limits import budgets
from shared.identity.caller import Caller
from shared.personas import repository
from shared.personas.create import name_taken
from shared.personas.view import PersonaView, existing, view_persona
from shared.zone import require_zone


@dataclass(frozen=True, slots=True)
class PersonaChange:
    """The changes; None stays as it is."""

    name: str | None = None
    voice: str | None = None
    languages: list[str] | None = None
    zone: str | None = None
    disclosure: str | None = None


async def change_persona(*, database: Database, caller: Caller, persona: UUID, change: PersonaChange) -> PersonaView:
    """Change a persona, with its event; tasks that wait for quiet hours in the old zone are asked again.

    Raises:
        NotFound: there is no such persona, or no such time zone.
        Conflict: another persona has the name.
    """
    if change.zone is not None:
        require_zone(change.zone)
    changes = {name: value for name, value in asdict(change).items() if value is not None}
    try:
        async with database.change(caller.workspace_id) as connection:
            row = await existing(connection, persona)
            if changes:
                await repository.change(connection, persona, changes)
                row = await existing(connection, persona)
                if change.zone is not None:
                    await budgets.open_scopes(connection, caller.workspace_id, [f"persona:{persona}"])
                data = {"persona": str(persona), "name": row.name, "changed": sorted(changes), "by": caller.name}
                await events.append(connection, caller.workspace_id, "persona.changed", data)
    except IntegrityError as error:
        if violated(error) != PERSONA_NAME:
            raise
        raise name_taken(change.name or "") from error
    return view_persona(row)
