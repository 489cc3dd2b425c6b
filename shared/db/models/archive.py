"""Tasks that finished long ago."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, Id, Json, WorkspaceId


class ArchivedTask(Base):
    """A task that has left the hot tables, with its attempts, effects and proofs, as one document."""

    __tablename__ = "archived_tasks"
    __table_args__ = (
        Index("ix_archived_tasks_workspace_id", "workspace_id", "id"),
        Index("ix_archived_tasks_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index(
            "ix_archived_tasks_post",
            text("commented_path(document)"),
            postgresql_where=text("document -> 'task' ->> 'type' = 'comment'"),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    finished_at: Mapped[datetime]
    document: Mapped[Json]
    run_id: Mapped[UUID | None]


class ArchivedProof(Base):
    """The owner of a screenshot whose effect was archived."""

    __tablename__ = "archived_proofs"
    __table_args__ = (Index("ix_archived_proofs_kept", "created_at", postgresql_where=text("removed_at IS NULL")),)

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("archived_tasks.id"), index=True)
    size: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    removed_at: Mapped[datetime | None]
