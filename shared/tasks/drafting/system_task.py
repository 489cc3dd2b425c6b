"""How does a task that no client ordered become a row? It is due at once, and needs no approval."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.ids import new_id
from shared.task_types.payload.canonical import payload_hash
from shared.task_types.spec import AnySpec, Payload


def draft_system_task(spec: AnySpec, payload: Payload, now: datetime, **place: Any) -> dict[str, Any]:
    """Return the row of a task of this type. `place` is its workspace, where and how it runs, and further columns."""
    body, task_id = payload.model_dump(mode="json"), new_id()
    return {
        "id": task_id,
        "type": spec.type,
        "type_version": spec.version,
        "priority": spec.priority,
        "status": "pending",
        "payload": body,
        "payload_hash": payload_hash(body),
        "resources": {},
        "approval_required": False,
        "due_at": now,
        "correlation_id": f"{spec.type}:{task_id}",
    } | place
