"""How does a task come to stand beside another whose work it goes on with, so that the other waits for its end?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.repositories import effects, tasks
from shared.ids import new_id
from shared.scheduling.whom import names_in
from shared.task_types.canonical import payload_hash
from shared.task_types.spec import AnySpec, Payload
from shared.tasks.draft import recipient_of

MAX_RETRIES = 5


async def place_beside(
    connection: AsyncConnection, other: Row[Any], spec: AnySpec, payload: Payload, **place: Any
) -> dict[str, Any]:
    """Store a task of this type with the other's account, lane and priority, or those of `place`; answers its row.

    The other waits until it is finished in any way. Whoever approved the other approved what goes on with it.
    """
    row = row_beside(other, spec, payload, await effects.now(connection)) | place
    await tasks.insert(connection, [row], [(other.id, row["id"], other.workspace_id)], until="finished")
    return row


def row_beside(other: Row[Any], spec: AnySpec, payload: Payload, now: datetime) -> dict[str, Any]:
    """A task of this type with the other's account, lane and priority, due at once."""
    body = payload.model_dump(mode="json")
    return {
        "id": new_id(),
        "workspace_id": other.workspace_id,
        "type": spec.type,
        "type_version": spec.version,
        "platform": other.platform,
        "account_id": other.account_id,
        "lane": other.lane,
        "priority": other.priority,
        "status": "pending",
        "payload": body,
        "payload_hash": payload_hash(body),
        "resources": {},
        "approval_required": False,
        "due_at": now,
        "max_retries": MAX_RETRIES,
        "recipient": recipient_of(body),
        "targets": names_in(body),
        "author": other.author,
        "asked_by": other.asked_by,
        "correlation_id": other.correlation_id,
    }
