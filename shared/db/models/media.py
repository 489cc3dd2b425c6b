"""Uploads."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId


class Media(Base):
    """A picture or a film. `media_type` was read from its content; the file lies below `$CALLSHEET_HOME/media`."""

    __tablename__ = "media"
    __table_args__ = (CheckConstraint("size > 0", name="size"), Index("ix_media_workspace_id", "workspace_id", "id"))

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    added_by: Mapped[str]
    created_at: Mapped[CreatedAt]
