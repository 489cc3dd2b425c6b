"""Changes of the pages that we drive."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, WorkspaceId


class LocatorDrift(Base):
    """A locator that another way than the first found: which way of how many, and in how many attempts since when."""

    __tablename__ = "drift"
    __table_args__ = (CheckConstraint("way BETWEEN 2 AND ways", name="way"),)

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    transport: Mapped[str] = mapped_column(primary_key=True)
    practice: Mapped[bool] = mapped_column(primary_key=True)
    locator: Mapped[str] = mapped_column(primary_key=True)
    way: Mapped[int] = mapped_column(SmallInteger)
    ways: Mapped[int] = mapped_column(SmallInteger)
    times: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    first_seen_at: Mapped[CreatedAt]
    last_seen_at: Mapped[CreatedAt]


class Evidence(Base):
    """The evidence of a page that was not as expected: in `$CALLSHEET_HOME/evidence/<attempt_id>` on its host."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_workspace_id", "workspace_id", "platform", "capability", "attempt_id"),
        Index("ix_evidence_kept_at", "kept_at"),
    )

    attempt_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    workspace_id: Mapped[WorkspaceId]
    platform: Mapped[str]
    transport: Mapped[str]
    capability: Mapped[str]
    locator: Mapped[str]
    host: Mapped[str]
    kept_at: Mapped[CreatedAt]
