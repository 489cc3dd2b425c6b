"""A window opens: an account's messages that wait only for their turn get its hours."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.runs import repository
from shared.task_types.dm import SPEC
from shared.task_types.message_window import MessageWindowPayload, MessageWindowResult


async def open_window(*, engine: AsyncEngine, task: UUID, payload: MessageWindowPayload) -> MessageWindowResult | None:
    """Put the waiting messages into the run, with its hours; a repetition finds those of the first time.

    Return None where the task is gone. Taken are messages of no run that have no hours of their own, whether they wait for
    approval, a time or a gate.
    """
    hours: dict[str, Any] = payload.hours.model_dump(mode="json", exclude_none=True)
    async with engine.begin() as connection:
        window = await repository.lock_carrier(connection, task)
        if window is None:
            return None
        taken = len(await repository.parts(connection, window.run_id, SPEC.type))
        if not taken:
            by = window.task.asked_by or "a schedule"
            taken = await repository.take_messages(connection, window, SPEC.type, hours=hours, limit=payload.most, by=by)
    return MessageWindowResult(run_id=window.run_id, messages=taken)
