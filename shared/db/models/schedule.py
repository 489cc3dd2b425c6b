"""Recurring work, forecasts, and the archive of tasks that finished long ago."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, false, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, Json, WorkspaceId, one_of
from shared.db.models.task import AUTHORS


class Schedule(Base):
    """A task that comes again: what each occurrence does, and when. `next_at` is null when no slot comes any more."""

    __tablename__ = "schedules"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "account_id"], ["accounts.workspace_id", "accounts.id"]),
        CheckConstraint(one_of("missed", ("skip", "run_once")), name="missed"),
        CheckConstraint(one_of("overlap", ("skip", "queue")), name="overlap"),
        CheckConstraint(one_of("author", AUTHORS), name="author"),
        Index("ix_schedules_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_schedules_workspace_id", "workspace_id", "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    type: Mapped[str]
    type_version: Mapped[int] = mapped_column(SmallInteger)
    platform: Mapped[str | None]
    account_id: Mapped[UUID | None]
    lane: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger)
    payload: Mapped[Json]
    payload_hash: Mapped[str]
    resources: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    max_retries: Mapped[int] = mapped_column(SmallInteger)
    approval_required: Mapped[bool] = mapped_column(server_default=false())
    recipient: Mapped[str | None]
    rule: Mapped[str]
    zone: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    missed: Mapped[str]
    overlap: Mapped[str]
    next_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    targets: Mapped[list[str] | None]
    author: Mapped[str] = mapped_column(server_default=text("'person'"))
    asked_by: Mapped[str | None]
    asked_by_id: Mapped[UUID | None]


class Forecast(Base):
    """What was said of a task's start before it started. `scheduled_for` is the task's own at that time."""

    __tablename__ = "forecasts"
    __table_args__ = (Index("ix_forecasts_expected_start", "expected_start"),)

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    as_of: Mapped[datetime]
    expected_start: Mapped[datetime]
    scheduled_for: Mapped[datetime | None]


class ArchivedTask(Base):
    """A task that has left the hot tables, with its attempts, effects and proofs, as one document."""

    __tablename__ = "archived_tasks"
    __table_args__ = (
        Index("ix_archived_tasks_workspace_id", "workspace_id", "id"),
        Index("ix_archived_tasks_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index(
            "ix_archived_tasks_post",
            text("commented_path(document)"),
            postgresql_where=text("document -> 'task' ->> 'type' = 'comment'"),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    finished_at: Mapped[datetime]
    document: Mapped[Json]
    run_id: Mapped[UUID | None]


class ArchivedProof(Base):
    """Whose a screenshot is, after its effect has gone into the archive."""

    __tablename__ = "archived_proofs"
    __table_args__ = (Index("ix_archived_proofs_kept", "created_at", postgresql_where=text("removed_at IS NULL")),)

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("archived_tasks.id"), index=True)
    size: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    removed_at: Mapped[datetime | None]
