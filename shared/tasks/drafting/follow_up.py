"""How is a task stored that continues another's work, so that the other waits for its end?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import clock
from shared.engine.rules.recipients import names_in, recipient_of
from shared.engine.store import tasks
from shared.engine.store.dependencies import NewDependency
from shared.engine.store.rows.task_rows import TaskRow
from shared.task_types.spec import AnySpec, Payload
from shared.tasks.drafting.system_task import draft_system_task

MAX_RETRIES = 5


async def add_follow_up(
    connection: AsyncConnection, other: TaskRow, spec: AnySpec, payload: Payload, **place: Any
) -> dict[str, Any]:
    """Store a task of this type with the other's account, lane and priority, or those of `place`; return its row.

    The other waits until it is finished in any way. An approval of the other covers it.
    """
    row = draft_follow_up(other, spec, payload, await clock.now(connection)) | place
    waits = NewDependency(other.id, row["id"], other.workspace_id, until="finished")
    await tasks.insert(connection, [row], [waits])
    return row


def draft_follow_up(other: TaskRow, spec: AnySpec, payload: Payload, now: datetime) -> dict[str, Any]:
    """Return a task of this type with the other's account, lane and priority, due at once."""
    row = draft_system_task(
        spec,
        payload,
        now,
        workspace_id=other.workspace_id,
        platform=other.platform,
        account_id=other.account_id,
        lane=other.lane,
        priority=other.priority,
        max_retries=MAX_RETRIES,
        author=other.author,
        asked_by=other.asked_by,
        asked_by_id=other.asked_by_id,
        correlation_id=other.correlation_id,
    )
    return row | {"recipient": recipient_of(row["payload"]), "targets": names_in(row["payload"])}
