"""What did others write to our accounts?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row

from shared.cursor import id_in, of_id
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.inbox import repository

InteractionKind = Literal["message", "comment", "mention"]


class InteractionView(BaseModel):
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


class InteractionPage(BaseModel):
    """Interactions, the last one received first."""

    items: list[InteractionView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class InteractionFilter:
    """Which a list shows; None means any."""

    platform: str | None = None
    account: str | None = None
    kind: InteractionKind | None = None
    author: str | None = None


async def list_interactions(
    *, desk: Database, caller: Caller, wanted: InteractionFilter, cursor: str | None, limit: int
) -> InteractionPage:
    """A page of what the workspace's accounts received."""
    before = id_in(cursor) if cursor else None
    async with desk.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, asdict(wanted), before=before, limit=limit + 1)
    items = [_show(row) for row in rows[:limit]]
    return InteractionPage(items=items, next_cursor=of_id(items[-1].id) if len(rows) > limit else None)


def _show(row: Row[Any]) -> InteractionView:
    return InteractionView.model_validate(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
