"""How is the audit log exported? Oldest first, as lines of JSON or as CSV, page by page."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from shared.audit.page import AuditView, view_entry
from shared.db import audit_log
from shared.db.audit_log import AuditFilter
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.spreadsheet import cells

Format = Literal["jsonl", "csv"]
AT_ONCE = 1_000


async def export_audit(*, database: Database, caller: Caller, wanted: AuditFilter, form: Format) -> AsyncIterator[str]:
    """Yield the entries as text, at most 1,000 in memory at a time, each page in a transaction of its own."""
    last = 0
    if form == "csv":
        yield _csv([list(AuditView.model_fields)])
    while True:
        async with database.read(caller.workspace_id) as connection:
            rows = await audit_log.after(connection, wanted, after=last, limit=AT_ONCE)
        if rows:
            items, last = [view_entry(row) for row in rows], rows[-1].seq
            yield "".join(f"{item.model_dump_json()}\n" for item in items) if form == "jsonl" else _csv_of(items)
        if len(rows) < AT_ONCE:
            return


def _csv_of(items: Sequence[AuditView]) -> str:
    return _csv([cells(item.model_dump(mode="json").values()) for item in items])


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
