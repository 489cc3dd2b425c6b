"""What is a `token_refresh`? Fresh tokens for the accounts whose tokens end soon, on the timetable."""

from __future__ import annotations

from shared.task_types.spec import Payload, Result, TaskSpec


class TokenRefreshPayload(Payload):
    """No fields."""


class TokenRefreshResult(Result):
    """Numbers of accounts: with fresh tokens, to be tried again, and waiting for a person."""

    refreshed: int
    failed: int
    paused: int


SPEC = TaskSpec(
    type="token_refresh",
    version=1,
    payload=TokenRefreshPayload,
    result=TokenRefreshResult,
    lane="system",
    timeout_s=90,
    priority=2,
    public=False,
)
