"""Which tasks does a list show?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.status import Status


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list shows; None means any. Without `probes` those that only prove a lane are left out.

    `parent_id` is the task that made them.
    """

    status: Status | None = None
    type: str | None = None
    platform: str | None = None
    account: str | None = None
    lane: str | None = None
    parent_id: UUID | None = None
    probes: bool = True
