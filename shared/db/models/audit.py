"""What was changed, by whom and from where."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, Json


class AuditEntry(Base):
    """One change, numbered without gaps in its workspace. `hash` covers the hash before it and all columns here."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_actor", "workspace_id", "actor", "seq"),)

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    actor_id: Mapped[str | None]
    via: Mapped[str | None]
    address: Mapped[str | None]
    correlation_id: Mapped[str | None]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[Json | None]
    after: Mapped[Json | None]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
