"""Whose work is it: workspaces, personas, accounts, hosts and API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, Json, WorkspaceId, one_of

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
    voice: Mapped[str] = mapped_column(server_default=text("'professional'"))
    languages: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    disclosure: Mapped[str] = mapped_column(server_default=text("''"))
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
    gone_at: Mapped[datetime | None]
    connection: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class HostCredential(Base):
    """What a joined host shows at the door; a row for each time that it joined. Only its SHA-256 is kept."""

    __tablename__ = "host_credentials"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "host_id"], ["hosts.workspace_id", "hosts.id"]),
        Index("uq_host_credentials_open", "host_id", unique=True, postgresql_where=text("revoked_at IS NULL")),
        Index("ix_host_credentials_host_id", "host_id"),
    )

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    host_id: Mapped[UUID]
    joined_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None]


class HostToken(Base):
    """What joins a host, once."""

    __tablename__ = "host_tokens"
    __table_args__ = (
        UniqueConstraint("hash"),
        ForeignKeyConstraint(["workspace_id", "host_id"], ["hosts.workspace_id", "hosts.id"], ondelete="CASCADE"),
    )

    host_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]


class Account(Base):
    """One identity on one platform. `origin` is the address its pages start with; practice accounts have another one.

    `credentials` is empty: what an account signs in with stands in `account_credentials`, apart from what is shown.
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
    created_by: Mapped[str] = mapped_column(server_default=text("'set-up'"))
    used_at: Mapped[datetime | None]
    author: Mapped[str | None]
    made_by: Mapped[UUID | None]
