"""Which notifications are there?"""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from shared.cursor import id_in, of_id
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.notifications import repository
from shared.notifications.view import NotificationView, existing, view_notification


class NotificationPage(BaseModel):
    """Notifications, newest first."""

    items: list[NotificationView]
    next_cursor: str | None


async def list_notifications(*, desk: Database, caller: Caller, cursor: str | None, limit: int) -> NotificationPage:
    """A page of the workspace's notifications."""
    async with desk.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
    items = [view_notification(row) for row in rows[:limit]]
    return NotificationPage(items=items, next_cursor=of_id(items[-1].id) if len(rows) > limit else None)


async def find_notification(*, desk: Database, caller: Caller, notification: UUID) -> NotificationView:
    """One notification.

    Raises:
        NotFound: there is no such notification.
    """
    async with desk.read(caller.workspace_id) as connection:
        return view_notification(await existing(connection, notification))
