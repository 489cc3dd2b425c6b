"""What is `housekeeping`? Removing what has served its time and archiving what finished long ago, on the timetable."""

from __future__ import annotations

from shared.task_types.spec import Payload, Result, TaskSpec


class HousekeepingPayload(Payload):
    """Nothing to say."""


class HousekeepingResult(Result):
    """How many rows went, or were emptied (`interactions`) or marked (`proofs`)."""

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
