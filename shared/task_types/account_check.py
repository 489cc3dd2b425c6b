"""What is an `account_check`? A check of an account's own pages: who is signed in, and is each element there."""

from __future__ import annotations

from pydantic import Field

from shared.task_types.spec import Payload, Result, TaskSpec


class AccountCheckPayload(Payload):
    """No fields: the account says where to look."""


class AccountCheckResult(Result):
    """The result of the check, which wrote nothing."""

    ok: bool
    signed_in_as: str | None
    found: list[str]
    missing: list[str]
    not_seen: list[str]
    otherwise: list[str] = Field(
        default_factory=list, description="Of the found, what another way than the first led to: the page drifts."
    )
    message: str


SPEC = TaskSpec(
    type="account_check",
    version=1,
    payload=AccountCheckPayload,
    result=AccountCheckResult,
    lane="account",
    timeout_s=120,
    capability="check",
    priority=2,
    public=False,
)
