"""What is an `accounts_check`? Finding the accounts that were not checked for a day, on the timetable."""

from __future__ import annotations

from shared.task_types.spec import Payload, Result, TaskSpec


class AccountsCheckPayload(Payload):
    """No fields."""


class AccountsCheckResult(Result):
    """The number of checks that were ordered."""

    checks: int


SPEC = TaskSpec(
    type="accounts_check",
    version=1,
    payload=AccountsCheckPayload,
    result=AccountsCheckResult,
    lane="system",
    timeout_s=60,
    priority=3,
    public=False,
)
