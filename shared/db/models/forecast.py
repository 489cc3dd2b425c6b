"""Forecasts of tasks' starts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, WorkspaceId


class Forecast(Base):
    """The forecast of a task's start, made before it started. `scheduled_for` is the task's own at that time."""

    __tablename__ = "forecasts"
    __table_args__ = (Index("ix_forecasts_expected_start", "expected_start"),)

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    as_of: Mapped[datetime]
    expected_start: Mapped[datetime]
    scheduled_for: Mapped[datetime | None]
