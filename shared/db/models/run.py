"""Pieces of work made of many tasks."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, Json, WorkspaceId, one_of

RUN_STATES = ("open", "completed", "partial", "failed", "cancelled")


class Run(Base):
    """A piece of work made of many tasks. It waits until `when_credits` are there, and its state follows its tasks'.

    `report` is what a search found and what of that was left out. `account_id` is the account for which it was begun, where
    it was for one.
    """

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "account_id"], ["accounts.workspace_id", "accounts.id"]),
        CheckConstraint("kind ~ '^[a-z][a-z_]{0,39}$'", name="kind"),
        CheckConstraint(one_of("state", RUN_STATES), name="state"),
        CheckConstraint("when_credits >= 0", name="when_credits"),
        Index("ix_runs_account_id", "account_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    kind: Mapped[str]
    name: Mapped[str]
    account_id: Mapped[UUID | None]
    when_credits: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    created_at: Mapped[CreatedAt]
    report: Mapped[Json | None]
