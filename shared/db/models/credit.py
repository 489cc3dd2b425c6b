"""What may be spent: what pages showed, and what is reserved for tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, SerialId, WorkspaceId, one_of

RESERVATION_STATES = ("reserved", "spent", "released")


class CreditObservation(Base):
    """One look at a page. What could not be read is null, never zero; `refreshed` marks a look that found more than before.

    `checked_at` is the instant before the page was opened.
    """

    __tablename__ = "credit_observations"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "account_id"], ["accounts.workspace_id", "accounts.id"]),
        CheckConstraint("known = (free IS NOT NULL) AND known = (paid IS NOT NULL)", name="unknown_is_not_zero"),
        CheckConstraint("free >= 0 AND paid >= 0", name="amounts"),
        Index("ix_credit_observations_newest", "account_id", "id"),
        Index("ix_credit_observations_created_at", "created_at"),
        Index("ix_credit_observations_refreshes", "account_id", "id", postgresql_where=text("refreshed")),
    )

    id: Mapped[SerialId]
    workspace_id: Mapped[WorkspaceId]
    platform: Mapped[str]
    account_id: Mapped[UUID]
    known: Mapped[bool]
    free: Mapped[int | None]
    paid: Mapped[int | None]
    refreshes_at: Mapped[datetime | None]
    refreshed: Mapped[bool] = mapped_column(server_default=false())
    checked_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class CreditReservation(Base):
    """Credits promised to one task. Spent when it completes, released when it ends without an effect: by a trigger."""

    __tablename__ = "credit_reservations"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "account_id"], ["accounts.workspace_id", "accounts.id"]),
        ForeignKeyConstraint(["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(one_of("state", RESERVATION_STATES), name="state"),
        CheckConstraint("(state = 'reserved') = (settled_at IS NULL)", name="settled"),
        Index("uq_credit_reservations_task", "task_id", unique=True, postgresql_where=text("state <> 'released'")),
        Index("ix_credit_reservations_account", "account_id", "settled_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    platform: Mapped[str]
    account_id: Mapped[UUID]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    run_id: Mapped[UUID | None]
    amount: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=text("'reserved'"))
    created_at: Mapped[CreatedAt]
    settled_at: Mapped[datetime | None]
