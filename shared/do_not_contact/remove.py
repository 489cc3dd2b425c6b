"""Removing an entry from the do-not-contact list."""

from __future__ import annotations

from uuid import UUID

from shared.db import events
from shared.db.database import Database
from shared.do_not_contact import repository
from shared.do_not_contact.page import existing
from shared.do_not_contact.view import EntryView, view_entry
from shared.identity.caller import Caller


async def remove_entry(*, database: Database, caller: Caller, entry: UUID) -> EntryView:
    """Remove an entry from the list; tasks that failed because of it stay failed until somebody replays them.

    Raises:
        NotFound: there is no such entry.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await existing(connection, entry)
        await repository.remove(connection, entry)
        data = {"name": row.handle, "platform": row.platform, "by": caller.name}
        await events.append(connection, caller.workspace_id, "do_not_contact.removed", data)
    return view_entry(row)
