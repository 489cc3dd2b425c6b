"""What is `housekeeping`? Removing what is no longer needed and archiving what finished long ago, on the timetable."""

from __future__ import annotations

from shared.task_types.spec import Payload, Result, TaskSpec


class HousekeepingPayload(Payload):
    """No fields."""


class HousekeepingResult(Result):
    """The number of rows that were removed, or were emptied (`interactions`) or marked (`proofs`)."""

    idempotency_keys: int
    workers: int
    archived_tasks: int = 0
    events: int = 0
    sent: int = 0
    sign_ins: int = 0
    proofs: int = 0
    evidence: int = 0
    interactions: int = 0


SPEC = TaskSpec(
    type="housekeeping",
    version=1,
    payload=HousekeepingPayload,
    result=HousekeepingResult,
    lane="system",
    timeout_s=150,
    priority=4,
    public=False,
)
