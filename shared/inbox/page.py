"""What did others write to our accounts?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.cursor import id_in
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.inbox import repository
from shared.page import Page, View

InteractionKind = Literal["message", "comment", "mention"]


class InteractionView(View):
    """Something that somebody wrote to one of our accounts."""

    id: UUID
    platform: str
    account: str
    kind: InteractionKind
    external_id: str
    author: str = Field(description="The handle; empty where the page did not show one.")
    text: str
    url: str
    at: datetime | None = Field(description="When it was written, where the page says so.")
    received_at: datetime = Field(description="When it was first seen.")


class InteractionPage(Page[InteractionView]):
    """Interactions, the last one received first."""


@dataclass(frozen=True, slots=True)
class InteractionFilter:
    """Which a list shows; None means any."""

    platform: str | None = None
    account: str | None = None
    kind: InteractionKind | None = None
    author: str | None = None


async def list_interactions(
    *, database: Database, caller: Caller, wanted: InteractionFilter, cursor: str | None, limit: int
) -> InteractionPage:
    """Return a page of what the workspace's accounts received."""
    before = id_in(cursor) if cursor else None
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, asdict(wanted), before=before, limit=limit + 1)
    items = [InteractionView.of(row) for row in rows[:limit]]
    return InteractionPage.of(items, len(rows))
