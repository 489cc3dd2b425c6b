"""Webhooks, and the deliveries of events to them."""

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

WEBHOOK_STATES = ("active", "paused", "disabled")
DELIVERY_STATES = ("pending", "delivered", "dead")


class Webhook(Base):
    """An address to which events go. `cursor` is the last event that was made into deliveries; no types means all."""

    __tablename__ = "webhooks"
    __table_args__ = (UniqueConstraint("workspace_id", "id"), CheckConstraint(one_of("state", WEBHOOK_STATES), name="state"))

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    url: Mapped[str]
    secret: Mapped[str]
    types: Mapped[list[str]]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    cursor: Mapped[int] = mapped_column(BigInteger)
    failing_since: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class WebhookDelivery(Base):
    """One event on its way to one webhook. `since` is when the present series of tries began."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "seq"),
        ForeignKeyConstraint(["workspace_id", "webhook_id"], ["webhooks.workspace_id", "webhooks.id"], ondelete="CASCADE"),
        CheckConstraint(one_of("state", DELIVERY_STATES), name="state"),
        Index("ix_webhook_deliveries_due", "webhook_id", "next_at", postgresql_where=text("state = 'pending'")),
        Index("ix_webhook_deliveries_finished_at", "finished_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    webhook_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    since: Mapped[CreatedAt]
    next_at: Mapped[CreatedAt]
    last_status: Mapped[int | None] = mapped_column(SmallInteger)
    last_error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]
