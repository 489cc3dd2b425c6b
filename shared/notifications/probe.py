"""Testing that a notification arrives."""

from __future__ import annotations

from uuid import UUID

from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.ids import new_id
from shared.notifications import repository
from shared.notifications.view import NoticeView, existing

CAUSE = "test"
MOST_WAITING = 3


async def send_test(*, database: Database, caller: Caller, notification: UUID) -> NoticeView:
    """Send a test message, whether the notification is active or not; its `last_state` shows the result.

    Raises:
        NotFound: there is no such notification.
        Conflict: earlier tests still wait.
    """
    async with database.change(caller.workspace_id) as connection:
        await existing(connection, notification)
        if await repository.tests_waiting(connection, notification) >= MOST_WAITING:
            raise Conflict(code="too_many", message=f"{MOST_WAITING} tests of this notification wait already.")
        values = {"id": new_id(), "workspace_id": caller.workspace_id, "notification_id": notification, "cause": CAUSE}
        row = await repository.add_test(connection, values)
    return NoticeView(id=row.id, cause=row.cause, state=row.state, created_at=row.created_at)
