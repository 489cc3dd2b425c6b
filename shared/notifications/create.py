"""Creating a notification of events."""

from __future__ import annotations

from shared.crypto import Keyring
from shared.db import events
from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.ids import new_id
from shared.notifications import repository
from shared.notifications.view import CheckTarget, NotificationView, existing, view_notification
from shared.notifications.words import DEFAULT_TYPES

MOST_NOTIFICATIONS = 20


async def create_notification(
    *,
    database: Database,
    caller: Caller,
    keyring: Keyring,
    check: CheckTarget,
    name: str,
    target: str,
    types: list[str] | None,
) -> NotificationView:
    """Notify `target` of these events from now on; without types, of those that need a person.

    Raises:
        Conflict: the target may not be used, or the workspace has as many notifications as it may have.
    """
    shown, notification = await check(target), new_id()
    async with database.change(caller.workspace_id) as connection:
        if await repository.count(connection) >= MOST_NOTIFICATIONS:
            raise Conflict(code="too_many", message=f"A workspace has {MOST_NOTIFICATIONS} notifications at most.")
        await repository.add(
            connection,
            {
                "id": notification,
                "workspace_id": caller.workspace_id,
                "name": name,
                "target": keyring.seal({"target": target}, owner=str(caller.workspace_id), account=str(notification)),
                "shown": shown,
                "types": sorted(set(types or DEFAULT_TYPES)),
                "cursor": await events.newest(connection, caller.workspace_id),
            },
        )
        made = view_notification(await existing(connection, notification))
        data = {"notification": str(notification), "name": name, "by": caller.name}
        await events.append(connection, caller.workspace_id, "notification.created", data)
    return made
