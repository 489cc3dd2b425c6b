"""What is a `message_window`? Hours in which an account's waiting messages are sent, as budgets allow."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.task_types.payload.hours import TaskHours
from shared.task_types.payload.whole import Whole
from shared.task_types.spec import Payload, Result, TaskSpec

MOST_MESSAGES = 1_000


class MessageWindowPayload(Payload):
    """The hours, and how many messages get them."""

    hours: TaskHours
    most: Annotated[int, Field(strict=True, ge=1, le=MOST_MESSAGES), Whole] = Field(
        MOST_MESSAGES, description="How many of the waiting messages at most, the most urgent and oldest first."
    )


class MessageWindowResult(Result):
    """The window's run, and the number of its messages."""

    run_id: UUID
    messages: int = Field(description="How many messages got the hours; the run says what becomes of them.")


SPEC = TaskSpec(
    type="message_window",
    version=1,
    payload=MessageWindowPayload,
    result=MessageWindowResult,
    lane="system",
    timeout_s=30,
    capability="dm",
    for_account=True,
    begins_run=True,
    priority=2,
    example={"hours": {"from": "09:00", "to": "17:00", "days": ["mo", "tu", "we", "th", "fr"]}},
)
