"""Destinations that fail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Integer,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base


class Breaker(Base):
    """The failures of a destination, for one capability (`<platform>:<transport>:<capability>`).

    `failed_at` are the last failures without an answer between them. While `opened` is 0 it is closed; else it is open up to
    `opens_at`, and then lets one task try, `trial_task_id`.
    """

    __tablename__ = "breakers"
    __table_args__ = (CheckConstraint("(opened = 0) = (opens_at IS NULL)", name="open_until"),)

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    failed_at: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)), server_default=text("'{}'"))
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    opened: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    opens_at: Mapped[datetime | None]
    trial_task_id: Mapped[UUID | None]
    error: Mapped[str | None]
