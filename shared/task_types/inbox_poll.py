"""What is an `inbox_poll`? Finding the accounts whose inbox is to be read now, on the timetable."""

from __future__ import annotations

from shared.task_types.spec import Payload, Result, TaskSpec


class InboxPollPayload(Payload):
    """No fields."""


class InboxPollResult(Result):
    """The number of readings that were ordered."""

    readings: int


SPEC = TaskSpec(
    type="inbox_poll",
    version=1,
    payload=InboxPollPayload,
    result=InboxPollResult,
    lane="system",
    timeout_s=60,
    priority=3,
    public=False,
)
