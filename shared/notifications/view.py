"""How is a notification shown? Without what its target keeps secret."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import NotFound
from shared.notifications import repository
from shared.notifications.repository import NotificationRow
from shared.page import View

# Returns what may be shown of a target; raises Conflict where it may not be used.
CheckTarget = Callable[[str], Awaitable[str]]


class NotificationView(View):
    """The events to report to a target."""

    id: UUID
    name: str
    target: str = Field(description="The service, and its host where that is one's own; the rest is secret.")
    types: list[str]
    state: Literal["active", "paused"]
    last_state: Literal["pending", "sent", "dead"] | None = Field(description="What became of the last message.")
    last_error: str | None
    last_at: datetime | None
    created_at: datetime


class NoticeView(BaseModel):
    """One message to people."""

    id: UUID
    cause: str
    state: Literal["pending", "sent", "dead"]
    created_at: datetime


def view_notification(row: NotificationRow) -> NotificationView:
    """Return a notification's row as it is shown."""
    return NotificationView.of(row, target=row.shown)


async def existing(connection: AsyncConnection, notification: UUID) -> NotificationRow:
    """Return the notification's row.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    row = await repository.find(connection, notification)
    if row is None:
        raise NotFound(field="notification", message=f"There is no notification {notification}.")
    return row
