"""Adding somebody to the do-not-contact list."""

from __future__ import annotations

from shared.db import events
from shared.db.database import Database
from shared.do_not_contact import repository
from shared.do_not_contact.view import MOST_ENTRIES, Entry, EntryView, name_of, view_entry
from shared.errors import Conflict, NotFound
from shared.identity.caller import Caller


async def add_entry(*, database: Database, caller: Caller, entry: Entry) -> EntryView:
    """Add an entry to the list. From the commit on no intent is written for a task that is aimed at it.

    An existing entry stays as it is, and is returned; a doubtful one becomes certain.

    Raises:
        Conflict: the name is no handle or no domain, or the list is as long as it may be.
        NotFound: there is no such persona.
    """
    try:
        row = entry.row()
    except ValueError as error:
        raise Conflict(code="no_such_name", field="name", message=str(error)) from error
    async with database.change(caller.workspace_id) as connection:
        if entry.persona_id is not None and entry.persona_id not in await repository.personas(connection):
            raise NotFound(field="persona_id", message=f"There is no persona {entry.persona_id}.")
        if await repository.count(connection) >= MOST_ENTRIES:
            raise Conflict(code="too_many", message=f"A workspace leaves {MOST_ENTRIES} alone at most.")
        await repository.wake(connection, caller.workspace_id, [name_of(row)])
        added = await repository.add(connection, caller.workspace_id, [row], source="person", by=caller.name)
        kept = await repository.find_same(connection, row)
        if added:
            data = {"name": name_of(row), "platform": entry.platform, "by": caller.name}
            await events.append(connection, caller.workspace_id, "do_not_contact.added", data)
    return view_entry(kept)
