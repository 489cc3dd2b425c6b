"""Identities on platforms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, Json, WorkspaceId, one_of

TRANSPORTS = ("api", "safari", "chromium")
ACCOUNT_STATES = ("connected", "paused", "blocked", "disconnected")


class Account(Base):
    """One identity on one platform. `origin` is the address its pages start with; practice accounts have another one.

    `credentials` is empty: an account's credentials are in `account_credentials`, apart from what is shown.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "platform", "handle"),
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "persona_id"], ["personas.workspace_id", "personas.id"]),
        ForeignKeyConstraint(["workspace_id", "host_id"], ["hosts.workspace_id", "hosts.id"]),
        CheckConstraint(one_of("transport", TRANSPORTS), name="transport"),
        CheckConstraint(one_of("state", ACCOUNT_STATES), name="state"),
        CheckConstraint("transport = 'api' OR host_id IS NOT NULL", name="browser_has_host"),
        CheckConstraint("inbox_every_s BETWEEN 300 AND 86400", name="inbox_every_s"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    persona_id: Mapped[UUID]
    platform: Mapped[str]
    handle: Mapped[str]
    transport: Mapped[str]
    host_id: Mapped[UUID | None]
    origin: Mapped[str]
    practice: Mapped[bool] = mapped_column(server_default=false())
    state: Mapped[str] = mapped_column(server_default=text("'connected'"))
    state_code: Mapped[str | None]
    state_reason: Mapped[str | None]
    state_until: Mapped[datetime | None]
    credentials: Mapped[str | None]
    external_id: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    health: Mapped[Json | None]
    created_at: Mapped[CreatedAt]
    inbox_every_s: Mapped[int | None]
