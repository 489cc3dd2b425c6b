"""Workspaces and API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId

SCOPES = ("read", "submit", "approve", "manage")


class Workspace(Base):
    """The tenant. `weight` is its share of lanes that others use too."""

    __tablename__ = "workspaces"
    __table_args__ = (CheckConstraint("weight BETWEEN 1 AND 100", name="weight"),)

    id: Mapped[Id]
    name: Mapped[str]
    created_at: Mapped[CreatedAt]
    weight: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))


class ApiKey(Base):
    """A key for programs. Only its SHA-256 is stored."""

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
