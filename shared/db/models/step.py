"""What a task has kept of its steps, which children these have made, and how far it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, WorkspaceId


class KeptStep(Base):
    """The result of a step that is costly but not outward; a later attempt uses it until `expires_at`.

    `attempt_id` is the attempt that made it.
    """

    __tablename__ = "kept_steps"

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    attempt_id: Mapped[int] = mapped_column(BigInteger)
    result: Mapped[Any] = mapped_column(JSONB)
    kept_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]


class TaskProgress(Base):
    """A task's progress; `told_at` is when an event last reported it. `total` is null where it is not known."""

    __tablename__ = "task_progress"
    __table_args__ = (CheckConstraint("done >= 0 AND (total IS NULL OR done <= total)", name="within"),)

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    step: Mapped[str]
    done: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    unit: Mapped[str]
    told_at: Mapped[CreatedAt]


class ChildCount(Base):
    """The children that a step of a task has made, once, and how many of them are over; they count themselves as they end.

    `attempt_id` is the attempt that made them.
    """

    __tablename__ = "child_counts"
    __table_args__ = (
        CheckConstraint(
            "left_open >= 0 AND completed >= 0 AND failed >= 0 AND cancelled >= 0"
            " AND left_open + completed + failed + cancelled = total",
            name="all",
        ),
    )

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    attempt_id: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int]
    left_open: Mapped[int]
    completed: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    cancelled: Mapped[int] = mapped_column(server_default=text("0"))
    made_at: Mapped[CreatedAt]
