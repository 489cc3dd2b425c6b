"""What is an `inbox_sync`? Reading what others wrote to one account: messages, comments, mentions."""

from __future__ import annotations

from pydantic import Field

from shared.task_types.spec import Payload, Result, TaskSpec


class InboxSyncPayload(Payload):
    """No fields: what is known already says where to stop."""


class InboxSyncResult(Result):
    """The number of new items."""

    received: int = Field(description="How many messages, comments and mentions were new.")
    left_alone: int = Field(description="How many of them asked to be left alone.")
    complete: bool = Field(description="False where a bound ended the reading before anything known was reached.")
    not_read: list[str] = Field(default=[], description="Places of the inbox that are never looked into on this platform.")


SPEC = TaskSpec(
    type="inbox_sync",
    version=1,
    payload=InboxSyncPayload,
    result=InboxSyncResult,
    lane="account",
    timeout_s=150,
    capability="inbox",
)
