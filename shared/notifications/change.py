"""Changing a notification: its name, its target, its types, whether it is active."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from shared.crypto import Keyring
from shared.db import events
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.notifications import repository
from shared.notifications.view import CheckTarget, NotificationView, existing, view_notification


@dataclass(frozen=True, slots=True)
class NotificationChange:
    """The changes; None stays as it is."""

    name: str | None = None
    target: str | None = None
    types: list[str] | None = None
    state: Literal["active", "paused"] | None = None


async def change_notification(
    *,
    database: Database,
    caller: Caller,
    keyring: Keyring,
    check: CheckTarget,
    notification: UUID,
    change: NotificationChange,
) -> NotificationView:
    """Change a notification. One that is made active covers what happens from then on.

    Raises:
        NotFound: there is no such notification.
        Conflict: the new target may not be used.
    """
    async with database.read(caller.workspace_id) as connection:
        await existing(connection, notification)
    changes: dict[str, Any] = {}
    if change.target is not None:
        owner, account = str(caller.workspace_id), str(notification)
        changes["shown"] = await check(change.target)
        changes["target"] = keyring.seal({"target": change.target}, owner=owner, account=account)
    if change.name is not None:
        changes["name"] = change.name
    if change.types is not None:
        changes["types"] = sorted(set(change.types))
    async with database.change(caller.workspace_id) as connection:
        row = await existing(connection, notification)
        if change.state is not None and change.state != row.state:
            changes |= {"state": change.state, "cursor": await events.newest(connection, caller.workspace_id)}
        if changes:
            await repository.change(connection, notification, changes)
            row = await existing(connection, notification)
            data = {"notification": str(notification), "name": row.name, "state": row.state, "by": caller.name}
            await events.append(connection, caller.workspace_id, "notification.changed", data)
    return view_notification(row)
