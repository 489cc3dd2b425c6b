"""Which states does a task have, and which changes between them are allowed?

The same edges stand in the database as a trigger; a test compares the two.
"""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal[
    "awaiting_approval", "scheduled", "pending", "queued", "running", "completed", "failed", "cancelled", "unknown"
]
STATUSES: tuple[Status, ...] = get_args(Status)
FINISHED: frozenset[Status] = frozenset({"completed", "failed", "cancelled"})

Outcome = Literal["intended", "confirmed", "refused", "absent", "unknown"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

EDGES: dict[Status, tuple[Status, ...]] = {
    "awaiting_approval": ("scheduled", "pending", "completed", "cancelled"),
    "scheduled": ("pending", "completed", "cancelled", "unknown"),
    "pending": ("queued", "scheduled", "awaiting_approval", "completed", "failed", "cancelled", "unknown"),
    "queued": ("running", "pending", "completed", "cancelled", "unknown"),
    "running": ("completed", "failed", "unknown", "scheduled", "pending", "cancelled"),
    "unknown": ("completed", "pending", "failed", "cancelled"),
    "failed": ("pending", "unknown"),
    "completed": (),
    "cancelled": ("awaiting_approval", "scheduled", "pending"),
}

# An effect's evidence only moves forward; `absent -> confirmed` is allowed and raises an alarm.
EFFECT_EDGES: dict[Outcome, tuple[Outcome, ...]] = {
    "intended": ("confirmed", "refused", "absent", "unknown"),
    "unknown": ("confirmed", "refused", "absent"),
    "absent": ("confirmed",),
    "confirmed": (),
    "refused": (),
}
