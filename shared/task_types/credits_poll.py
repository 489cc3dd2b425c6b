"""What is a `credits_poll`? Finding the accounts whose credits are to be checked, on the timetable."""

from __future__ import annotations

from shared.task_types.spec import Payload, Result, TaskSpec


class CreditsPollPayload(Payload):
    """No fields."""


class CreditsPollResult(Result):
    """The number of checks that were ordered."""

    checks: int


SPEC = TaskSpec(
    type="credits_poll",
    version=1,
    payload=CreditsPollPayload,
    result=CreditsPollResult,
    lane="system",
    timeout_s=60,
    priority=1,
    public=False,
)
