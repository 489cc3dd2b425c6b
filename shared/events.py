"""What does an event look like to a reader, and which types are there? The list is closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, Field

EventType = Literal[
    "task.awaiting_approval",
    "task.scheduled",
    "task.pending",
    "task.queued",
    "task.running",
    "task.completed",
    "task.failed",
    "task.cancelled",
    "task.unknown",
    "task.handed_over",
    "task.progress",
    "effect.intended",
    "effect.confirmed",
    "effect.refused",
    "effect.absent",
    "effect.unknown",
    "effect.alarm",
    "account.connected",
    "account.paused",
    "account.blocked",
    "account.disconnected",
    "account.consent",
    "account.created",
    "account.changed",
    "account.deleted",
    "account.checked",
    "persona.created",
    "persona.changed",
    "persona.deleted",
    "limits.changed",
    "do_not_contact.added",
    "do_not_contact.doubtful",
    "do_not_contact.removed",
    "interaction.received",
    "credits.refreshed",
    "credits.unknown",
    "scope.parked",
    "scope.opened",
    "approval.requested",
    "lane.unserved",
    "lane.served",
    "webhook.created",
    "webhook.changed",
    "webhook.deleted",
    "webhook.disabled",
    "notification.created",
    "notification.changed",
    "notification.deleted",
    "schedule.created",
    "schedule.changed",
    "schedule.skipped",
    "schedule.deleted",
    "key.created",
    "key.revoked",
    "member.joined",
    "member.changed",
    "member.removed",
    "member.signed_out",
    "host.offered",
    "host.joined",
    "host.revoked",
    "host.gone",
    "invitation.created",
    "invitation.revoked",
    "system.paused",
    "system.running",
    "system.sleeping",
]


class Event(BaseModel):
    """One change, in the order of commits: a reader who has seen `seq` has seen everything before it."""

    id: str = Field(description="Unique over all events.")
    seq: int = Field(description="Numbered without gaps in each workspace.")
    type: str
    time: datetime
    subject: UUID | None = Field(description="The task it is about, if it is about one.")
    data: dict[str, Any]


class StoredEvent(Protocol):
    """An event as it was written, perhaps with further columns."""

    @property
    def workspace_id(self) -> UUID:
        """Return its workspace."""

    @property
    def seq(self) -> int:
        """Return its number."""

    @property
    def type(self) -> str:
        """Return its type."""

    @property
    def time(self) -> datetime:
        """Return its time."""

    @property
    def task_id(self) -> UUID | None:
        """Return the task it is about."""

    @property
    def data(self) -> dict[str, Any]:
        """Return its data."""


def event_of(row: StoredEvent) -> Event:
    """Return an event as it is shown."""
    return Event(
        id=f"{row.workspace_id}.{row.seq}", seq=row.seq, type=row.type, time=row.time, subject=row.task_id, data=row.data
    )
