"""Voices that own accounts."""

from __future__ import annotations

from sqlalchemy import (
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId


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
