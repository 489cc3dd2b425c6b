"""Which conversations do our accounts have on a platform?"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.cursor import id_in, of_id
from shared.db.database import Database
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.inbox import repository
from shared.inbox.repository import ConversationRow
from shared.page import Page, View


class LastMessage(BaseModel):
    """The newest message of a conversation: of theirs when it was first seen, of ours when it was sent."""

    direction: Literal["in", "out"]
    text: str
    at: datetime


class ConversationView(View):
    """The conversation of one account with one person; the same on all platforms."""

    platform: str
    account: str
    handle: str = Field(description="With whom.")
    received: int = Field(description="Messages from them in the last 90 days.")
    sent: int = Field(description="Messages that Callsheet sent them in the last 90 days.")
    last: LastMessage


class ConversationPage(Page[ConversationView]):
    """Conversations of the last 90 days, the newest message first."""


async def list_conversations(
    *,
    database: Database,
    caller: Caller,
    platform: str,
    known: frozenset[str],
    account: str | None,
    cursor: str | None,
    limit: int,
) -> ConversationPage:
    """Return a page of the conversations of the workspace's accounts on a platform.

    Raises:
        NotFound: there is no such platform among the `known`.
    """
    if platform not in known:
        raise NotFound(field="platform", message=f"There is no platform {platform}.")
    before: UUID | None = id_in(cursor) if cursor else None
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.conversations(connection, platform, account, before=before, limit=limit + 1)
    items = [_show(row) for row in rows[:limit]]
    return ConversationPage.of(items, len(rows), lambda _: of_id(rows[limit - 1].id))


def _show(row: ConversationRow) -> ConversationView:
    last = LastMessage(direction="out" if row.own else "in", text=row.text, at=row.at)
    return ConversationView.of(row, last=last)
