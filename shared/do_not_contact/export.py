"""How is the do-not-contact list exported? As CSV that can be imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from shared.db.database import Database
from shared.do_not_contact import repository
from shared.do_not_contact.import_list import COLUMNS
from shared.do_not_contact.view import view_entry
from shared.identity.caller import Caller
from shared.spreadsheet import cells

AT_ONCE = 1_000


async def export_entries(*, database: Database, caller: Caller) -> AsyncIterator[str]:
    """Yield the list, newest first, at most 1,000 entries in memory at a time."""
    last: UUID | None = None
    yield _csv([COLUMNS])
    while True:
        async with database.read(caller.workspace_id) as connection:
            rows = await repository.page(connection, handle=None, before=last, limit=AT_ONCE)
        if rows:
            last = rows[-1].id
            shown = [view_entry(row).model_dump(mode="json") for row in rows]
            yield _csv([cells(one[name] for name in COLUMNS) for one in shown])
        if len(rows) < AT_ONCE:
            return


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
