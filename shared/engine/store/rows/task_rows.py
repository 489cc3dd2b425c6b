"""Which kinds of rows are read of a stored task?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.engine.rules.approval import Author
from shared.errors import NotConfigured
from shared.status import Status

AttemptKind = Literal["perform", "verify"]


@dataclass(frozen=True, slots=True)
class GatedTask:
    """The columns of a task that gates and the release read."""

    id: UUID
    workspace_id: UUID
    type: str
    status: Status
    lane: str
    platform: str | None
    account_id: UUID | None
    not_before: datetime | None
    due_at: datetime
    rank: int
    recipient: str | None
    expires_at: datetime | None
    approval_required: bool
    payload_hash: str
    approved_hash: str | None
    approved_account: UUID | None
    approved_for: datetime | None
    approval_covers_time: bool
    scheduled_for: datetime | None
    unfilled: bool
    release_seq: int
    resources: dict[str, Any]
    run_id: UUID | None
    runs_asleep: bool
    targets: list[str] | None
    hours: dict[str, Any] | None
    acted: bool
    awaits: str | None


@dataclass(frozen=True, slots=True)
class QueuedTask(GatedTask):
    """A task in a line; `has_dependencies` says if those are worth a look."""

    has_dependencies: bool


@dataclass(frozen=True, slots=True)
class UnknownTask(QueuedTask):
    """A task whose outcome is due to be looked up."""

    verify_at: datetime


@dataclass(frozen=True, slots=True)
class PublishedTask:
    """A task as its message identifies it."""

    id: UUID
    release_seq: int
    lane: str
    type: str


@dataclass(frozen=True, slots=True)
class TaskRow(GatedTask):
    """A whole task."""

    type_version: int
    priority: int
    payload: dict[str, Any]
    wake_key: str | None
    parked_at: datetime | None
    released_at: datetime | None
    published_at: datetime | None
    publish_count: int
    retry_count: int
    max_retries: int
    lost_count: int
    verify_at: datetime | None
    verify_released: bool
    cancel_requested: bool
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    timetable_entry: str | None
    timetable_slot: datetime | None
    schedule_id: UUID | None
    schedule_slot: datetime | None
    correlation_id: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    author: Author
    asked_by: str | None
    asked_by_id: UUID | None
    approval_until: datetime | None
    approval_rule: str | None
    doubted_at: datetime | None
    waits: bool
    looks: int
    parent_id: UUID | None
    parent_step: str | None


@dataclass(frozen=True, slots=True)
class ListedTask(TaskRow):
    """A task with its account's handle."""

    account: str | None
    has_dependencies: bool


@dataclass(frozen=True, slots=True)
class ViewedTask(ListedTask):
    """One that says how far it is (`step`, `done`, `total`, `unit`), and how many children it has made."""

    progress: dict[str, Any] | None
    children: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class ClaimedAccount:
    """The account that an attempt acts as."""

    id: UUID
    workspace_id: UUID
    platform: str
    handle: str
    origin: str
    transport: str
    practice: bool


@dataclass(frozen=True, slots=True)
class ClaimedTask(TaskRow):
    """A task as an attempt has claimed it.

    `failed_looks` is how many looks at what the last `perform` attempt left open have failed before this one.
    """

    attempt_id: int
    kind: AttemptKind
    claimed_at: datetime
    failed_looks: int
    account: ClaimedAccount | None

    @property
    def acting(self) -> ClaimedAccount:
        """Return the account.

        Raises:
            NotConfigured: the task acts as nobody.
        """
        if self.account is None:
            raise NotConfigured(setting="account", message=f"A {self.type} without an account acts as nobody.")
        return self.account

    @property
    def over_api(self) -> bool:
        """Return whether it needs no browser to act."""
        return self.account is not None and self.account.transport == "api"

    @property
    def practice(self) -> bool:
        """Return whether it acts on a practice site."""
        return self.account is not None and self.account.practice


# The initial values of a task's columns that no order sets.
_FRESH: dict[str, Any] = {
    **dict.fromkeys(field.name for field in fields(ViewedTask)),
    **dict.fromkeys(("release_seq", "publish_count", "retry_count", "lost_count", "looks"), 0),
    **dict.fromkeys(
        ("verify_released", "cancel_requested", "runs_asleep", "acted", "unfilled", "waits", "has_dependencies"), False
    ),
    "author": "person",
    "approval_covers_time": True,
}


def as_stored(drafted: Mapping[str, Any], account: str | None) -> ViewedTask:
    """Return a drafted task as it is right after it was stored, whatever has become of it since."""
    return ViewedTask(**_FRESH | dict(drafted) | {"rank": drafted["priority"], "account": account})
