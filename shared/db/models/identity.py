"""Whose work is it: workspaces, personas, accounts, hosts and API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId, one_of

TRANSPORTS = ("api", "safari", "chromium")
ACCOUNT_STATES = ("connected", "paused", "blocked", "disconnected")
SCOPES = ("read", "submit", "approve", "manage")


class Workspace(Base):
    """The tenant. `weight` is its share of lanes that others use too."""

    __tablename__ = "workspaces"
    __table_args__ = (CheckConstraint("weight BETWEEN 1 AND 100", name="weight"),)

    id: Mapped[Id]
    name: Mapped[str]
    created_at: Mapped[CreatedAt]
    weight: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))


class Persona(Base):
    """A voice that owns accounts."""

    __tablename__ = "personas"
    __table_args__ = (UniqueConstraint("workspace_id", "name"), UniqueConstraint("workspace_id", "id"))

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    name: Mapped[str]
    zone: Mapped[str] = mapped_column(server_default=text("'UTC'"))
    created_at: Mapped[CreatedAt]


class Host(Base):
    """A machine with browsers that are logged in. Its name stands in lane names, so it is unique."""

    __tablename__ = "hosts"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("workspace_id", "id"))

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    name: Mapped[str]
    keeper_seen_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class Account(Base):
    """One identity on one platform. `origin` is the address its pages start with; practice accounts have another one."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "platform", "handle"),
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "persona_id"], ["personas.workspace_id", "personas.id"]),
        ForeignKeyConstraint(["workspace_id", "host_id"], ["hosts.workspace_id", "hosts.id"]),
        CheckConstraint(one_of("transport", TRANSPORTS), name="transport"),
        CheckConstraint(one_of("state", ACCOUNT_STATES), name="state"),
        CheckConstraint("transport = 'api' OR host_id IS NOT NULL", name="browser_has_host"),
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
    created_at: Mapped[CreatedAt]


class ApiKey(Base):
    """A key for programs. Only its SHA-256 is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("hash"), CheckConstraint("cardinality(scopes) > 0", name="scopes"))

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    name: Mapped[str]
    prefix: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
