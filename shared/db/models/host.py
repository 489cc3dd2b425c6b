"""Machines with browsers, and the tokens and credentials with which they join."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId


class Host(Base):
    """A machine with browsers that are logged in. Its name is part of lane names, so it is unique."""

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
    """A joined host's credential for the door; a row for each time that it joined. Only its SHA-256 is stored."""

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
    """A token with which a host joins, once."""

    __tablename__ = "host_tokens"
    __table_args__ = (
        UniqueConstraint("hash"),
        ForeignKeyConstraint(["workspace_id", "host_id"], ["hosts.workspace_id", "hosts.id"], ondelete="CASCADE"),
    )

    host_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
