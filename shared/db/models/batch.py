"""Messages of tasks that do nothing outside, as long as they are out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId


class Batch(Base):
    """A message, from its release until the end of all that it names.

    Once a process has claimed it, its lease is that of all its tasks.
    """

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint("cardinality(task_ids) BETWEEN 1 AND 1024", name="size"),
        CheckConstraint("num_nulls(host, pid, claimed_at, deadline_at, lease_until) IN (0, 5)", name="claimed"),
        Index("ix_batches_lane", "lane"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    lane: Mapped[str]
    type: Mapped[str]
    task_ids: Mapped[list[UUID]]
    released_at: Mapped[CreatedAt]
    published_at: Mapped[CreatedAt]
    publish_count: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    host: Mapped[str | None]
    pid: Mapped[int | None]
    process_identity: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
