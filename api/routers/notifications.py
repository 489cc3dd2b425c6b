"""Notifications: which events people are notified of, and where."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Path

from api.deps import TheDatabase, TheEgress, TheKeyring
from api.guard import GuardedRoute, Manager, Reader
from api.schemas.notifications import NOTIFICATION_EXAMPLES, PATCH_EXAMPLES, NotificationBody, NotificationPatch
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from connectors.http.notify import check_target
from shared.notifications.change import change_notification
from shared.notifications.create import create_notification
from shared.notifications.page import NotificationPage, find_notification, list_notifications
from shared.notifications.probe import send_test
from shared.notifications.remove import remove_notification
from shared.notifications.view import NoticeView, NotificationView

router = APIRouter(prefix="/api/notifications", tags=["notifications"], route_class=GuardedRoute)
NotificationId = Annotated[Id, Path(description="The notification's id.")]


@router.get("")
async def list_(caller: Reader, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> NotificationPage:
    """List the workspace's notifications."""
    return await list_notifications(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def create(
    caller: Manager,
    database: TheDatabase,
    keyring: TheKeyring,
    egress: TheEgress,
    body: Annotated[NotificationBody, Body(openapi_examples=NOTIFICATION_EXAMPLES)],
) -> NotificationView:
    """Notify people of events from now on."""
    return await create_notification(
        database=database,
        caller=caller,
        keyring=keyring,
        check=partial(check_target, egress),
        name=body.name,
        target=body.target,
        types=None if body.types is None else [*body.types],
    )


@router.get("/{notification}")
async def get(caller: Reader, database: TheDatabase, notification: NotificationId) -> NotificationView:
    """Show one notification, and the result of its last message."""
    return await find_notification(database=database, caller=caller, notification=notification)


@router.patch("/{notification}")
async def update(
    caller: Manager,
    database: TheDatabase,
    keyring: TheKeyring,
    egress: TheEgress,
    notification: NotificationId,
    body: Annotated[NotificationPatch, Body(openapi_examples=PATCH_EXAMPLES)],
) -> NotificationView:
    """Change a notification, pause it, or resume it with what happens from now on."""
    return await change_notification(
        database=database,
        caller=caller,
        keyring=keyring,
        check=partial(check_target, egress),
        notification=notification,
        change=body.as_change(),
    )


@router.delete("/{notification}")
async def delete(caller: Manager, database: TheDatabase, notification: NotificationId) -> NotificationView:
    """Remove a notification; the answer shows it as it was."""
    return await remove_notification(database=database, caller=caller, notification=notification)


@router.post("/{notification}/test", status_code=202)
async def test(caller: Manager, database: TheDatabase, notification: NotificationId) -> NoticeView:
    """Send a test message; the notification's `last_state` shows its result."""
    return await send_test(database=database, caller=caller, notification=notification)
