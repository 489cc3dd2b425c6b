"""What is a `credits_check`? Reading what one account may still spend."""

from __future__ import annotations

from datetime import datetime

from shared.task_types.spec import Payload, Result, TaskSpec


class CreditsCheckPayload(Payload):
    """No fields: the account says where to look."""


class CreditsCheckResult(Result):
    """The page's content; where it could not be read, `known` is false and the amounts are null."""

    known: bool
    free: int | None
    paid: int | None
    refreshes_at: datetime | None


SPEC = TaskSpec(
    type="credits_check",
    version=1,
    payload=CreditsCheckPayload,
    result=CreditsCheckResult,
    lane="account",
    timeout_s=90,
    capability="credits",
    priority=1,
    public=False,
)
