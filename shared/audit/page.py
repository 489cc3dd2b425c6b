"""What was changed, by whom and from where?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from shared.cursor import number_in, of_number
from shared.db import audit_log
from shared.db.audit_log import AuditFilter, AuditRow
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.page import Page, View


class AuditView(View):
    """One change."""

    seq: int = Field(description="Numbered without gaps in each workspace.")
    at: datetime
    actor: str = Field(description="Whose key or name it was; a role of the database where no request was.")
    actor_id: str | None
    via: str | None = Field(description="`key` or `person`; null where no request was.")
    address: str | None = Field(description="Where the request came from.")
    correlation_id: str | None = Field(description="The request's `X-Request-Id`.")
    action: str = Field(description="`<what>.<did>`, such as `webhooks.deleted` or `tasks.approved`.")
    subject: str = Field(description="What was changed, by its key.")
    before: dict[str, Any] | None
    after: dict[str, Any] | None = Field(description="Of a change only what is different; secrets read `(hidden)`.")
    hash: str = Field(description="SHA-256 over the hash before it and all that stands here, in hexadecimal.")


class AuditPage(Page[AuditView]):
    """Changes, newest first."""


def view_entry(row: AuditRow) -> AuditView:
    """Return an entry as it is shown."""
    return AuditView.of(row, hash=row.hash.hex())


async def list_audit(
    *, database: Database, caller: Caller, wanted: AuditFilter, cursor: str | None, limit: int
) -> AuditPage:
    """Return a page of the workspace's audit log."""
    async with database.read(caller.workspace_id) as connection:
        before = number_in(cursor) if cursor else None
        rows = await audit_log.page(connection, wanted, before=before, limit=limit + 1)
    items = [view_entry(row) for row in rows[:limit]]
    return AuditPage.of(items, len(rows), lambda item: of_number(item.seq))
