"""The state of sleep, and instants at which to wake."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, true
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId


class Sleep(Base):
    """Whether the system sleeps: one row. Asked for and not asleep is falling asleep; asleep and not asked for is waking."""

    __tablename__ = "sleep"
    __table_args__ = (CheckConstraint("only_row", name="only_row"),)

    only_row: Mapped[bool] = mapped_column(primary_key=True, server_default=true())
    asked_at: Mapped[datetime | None]
    asked_by: Mapped[str | None]
    asleep_since: Mapped[datetime | None]
    wakes_at: Mapped[datetime | None]
    trigger: Mapped[str | None]
    asked_in: Mapped[UUID | None]


class Wake(Base):
    """An instant at which somebody wants the system awake, and what for."""

    __tablename__ = "wakes"
    __table_args__ = (Index("ix_wakes_at", "at"), Index("ix_wakes_workspace_id_at", "workspace_id", "at"))

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    at: Mapped[datetime]
    trigger: Mapped[str]
    created_at: Mapped[CreatedAt]
