"""Notifications of people, and the messages that were sent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId, one_of

NOTIFICATION_STATES = ("active", "paused")
NOTICE_STATES = ("pending", "sent", "dead")


class Notification(Base):
    """The events to report to a target. `target` is encrypted; `shown` is the same without its secrets."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        CheckConstraint(one_of("state", NOTIFICATION_STATES), name="state"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    name: Mapped[str]
    target: Mapped[str]
    shown: Mapped[str]
    types: Mapped[list[str]]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    cursor: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]


class Notice(Base):
    """One message to people. `seq` is null for a test."""

    __tablename__ = "notices"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "notification_id"], ["notifications.workspace_id", "notifications.id"], ondelete="CASCADE"
        ),
        CheckConstraint(one_of("state", NOTICE_STATES), name="state"),
        Index("ix_notices_due", "next_at", postgresql_where=text("state = 'pending'")),
        Index("ix_notices_cause", "notification_id", "cause", "created_at"),
        Index("ix_notices_finished_at", "finished_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    notification_id: Mapped[UUID]
    seq: Mapped[int | None] = mapped_column(BigInteger)
    cause: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_at: Mapped[CreatedAt]
    last_error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]
