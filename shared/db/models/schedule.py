"""Recurring tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, false, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, Json, WorkspaceId, one_of
from shared.db.models.task import AUTHORS


class Schedule(Base):
    """A recurring task: what each occurrence does, and when. `next_at` is null when no further slot comes.

    It is null, too, while it is `paused`. `exdates` are the days, local times and instants that it leaves out.
    """

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
    paused: Mapped[bool] = mapped_column(server_default=false())
    exdates: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
