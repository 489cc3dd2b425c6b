"""Which tasks wait for approval?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.cursor import id_in, of_id
from shared.db.database import Database
from shared.engine.rules.approval import Author
from shared.engine.store import approvals
from shared.identity.caller import Caller
from shared.page import Page, View


class ApprovalView(View):
    """A task that waits for approval."""

    task_id: UUID
    type: str
    platform: str | None
    account: str | None
    payload: dict[str, Any]
    payload_hash: str = Field(description="The payload's version: to be named by whoever approves it.")
    edited: bool = Field(description="Whether it was approved before, and an edit has voided that.")
    author: Author
    asked_by: str | None
    scheduled_for: datetime | None
    expires_at: datetime | None = Field(description="Not approved by then, it is cancelled.")
    created_at: datetime


class ApprovalPage(Page[ApprovalView]):
    """Tasks that wait for approval, oldest first."""


async def list_approvals(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> ApprovalPage:
    """Return a page of the tasks that wait for approval."""
    async with database.read(caller.workspace_id) as connection:
        after = id_in(cursor) if cursor else None
        rows = await approvals.waiting(connection, caller.workspace_id, after=after, limit=limit + 1)
    items = [ApprovalView.of(row, task_id=row.id, expires_at=row.approval_until) for row in rows[:limit]]
    return ApprovalPage.of(items, len(rows), lambda item: of_id(item.task_id))
