"""Removing a notification."""

from __future__ import annotations

from uuid import UUID

from shared.db import events
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.notifications import repository
from shared.notifications.view import NotificationView, existing, view_notification


async def remove_notification(*, database: Database, caller: Caller, notification: UUID) -> NotificationView:
    """Remove a notification with its messages.

    Raises:
        NotFound: there is no such notification.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await existing(connection, notification)
        await repository.remove(connection, notification)
        data = {"notification": str(notification), "name": row.name, "by": caller.name}
        await events.append(connection, caller.workspace_id, "notification.deleted", data)
    return view_notification(row)
