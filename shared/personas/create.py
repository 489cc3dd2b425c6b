"""Creating a persona."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy.exc import IntegrityError

from shared.db import events
from shared.db.constraint import PERSONA_NAME, violated
from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.ids import new_id
from shared.personas import repository
from shared.personas.view import PersonaView, existing, view_persona
from shared.zone import require_zone

MOST_PERSONAS = 500


@dataclass(frozen=True, slots=True)
class NewPersona:
    """The fields of a new persona; see `PersonaView`."""

    name: str
    voice: str
    languages: list[str]
    zone: str
    disclosure: str


async def create_persona(*, database: Database, caller: Caller, wanted: NewPersona) -> PersonaView:
    """Create a persona, with its event.

    Raises:
        NotFound: there is no such time zone.
        Conflict: the name is taken, or the workspace has as many personas as it may have.
    """
    require_zone(wanted.zone)
    persona = new_id()
    try:
        async with database.change(caller.workspace_id) as connection:
            if await repository.count(connection) >= MOST_PERSONAS:
                raise Conflict(code="too_many", message=f"A workspace has {MOST_PERSONAS} personas at most.")
            await repository.add(connection, {"id": persona, "workspace_id": caller.workspace_id, **asdict(wanted)})
            row = await existing(connection, persona)
            data = {"persona": str(persona), "name": wanted.name, "by": caller.name}
            await events.append(connection, caller.workspace_id, "persona.created", data)
    except IntegrityError as error:
        if violated(error) != PERSONA_NAME:
            raise
        raise name_taken(wanted.name) from error
    return view_persona(row)


def name_taken(name: str) -> Conflict:
    """Return the error for a name that another persona of the workspace has."""
    return Conflict(code="name_taken", field="name", message=f"There is a persona called {name!r} already.")
