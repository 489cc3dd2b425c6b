"""Which notifications are there?"""

from __future__ import annotations

from uuid import UUID

from shared.cursor import id_in
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.notifications import repository
from shared.notifications.view import NotificationView, existing, view_notification
from shared.page import Page


class NotificationPage(Page[NotificationView]):
    """Notifications, newest first."""


async def list_notifications(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> NotificationPage:
    """Return a page of the workspace's notifications."""
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
    items = [view_notification(row) for row in rows[:limit]]
    return NotificationPage.of(items, len(rows))


async def find_notification(*, database: Database, caller: Caller, notification: UUID) -> NotificationView:
    """Return one notification.

    Raises:
        NotFound: there is no such notification.
    """
    async with database.read(caller.workspace_id) as connection:
        return view_notification(await existing(connection, notification))
