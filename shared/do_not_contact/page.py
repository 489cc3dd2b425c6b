"""Who is not to be contacted?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.cursor import id_in
from shared.db.database import Database
from shared.do_not_contact import repository
from shared.do_not_contact.repository import EntryRow
from shared.do_not_contact.view import EntryView, Source, view_entry
from shared.engine.rules.recipients import handle_of
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.page import Page


class EntryPage(Page[EntryView]):
    """Entries of the do-not-contact list, newest first."""


async def list_entries(
    *, database: Database, caller: Caller, name: str | None, source: Source | None, cursor: str | None, limit: int
) -> EntryPage:
    """Return a page of the list; with `name` the entries for one handle or domain, however that is written."""
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.page(
            connection,
            handle=name and _plain(name),
            source=source,
            before=id_in(cursor) if cursor else None,
            limit=limit + 1,
        )
    items = [view_entry(row) for row in rows[:limit]]
    return EntryPage.of(items, len(rows))


async def find_entry(*, database: Database, caller: Caller, entry: UUID) -> EntryView:
    """Return one entry.

    Raises:
        NotFound: there is no such entry.
    """
    async with database.read(caller.workspace_id) as connection:
        return view_entry(await existing(connection, entry))


async def existing(connection: AsyncConnection, entry: UUID) -> EntryRow:
    """Return the entry's row.

    Raises:
        NotFound: there is none.
    """
    row = await repository.find(connection, entry)
    if row is None:
        raise NotFound(field="entry", message=f"There is no entry {entry}.")
    return row


def _plain(name: str) -> str:
    try:
        return handle_of(name)
    except ValueError:
        return name
