"""What attempts did to the outside world, and what shows it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, Json, WorkspaceId, one_of
from shared.status import OUTCOMES


class Effect(Base):
    """One outward action. `baseline` is what was there before: only newer rows confirm.

    `content` is its content besides the text: options, media, a link; NULL where there is none.
    `key` identifies it to its platform; `called_again` are the attempts that repeated its call under that key.
    A `part` is counted in the budgets by an earlier step of its task.
    """

    __tablename__ = "effects"
    __table_args__ = (
        CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
        CheckConstraint("outcome <> 'confirmed' OR external_id IS NOT NULL", name="confirmed_has_id"),
        Index(
            "uq_effects_step",
            "task_id",
            "step",
            unique=True,
            postgresql_where=sql("outcome IN ('intended', 'unknown', 'confirmed')"),
        ),
        Index(
            "uq_effects_ambiguous",
            "account_id",
            "action",
            "target",
            "fingerprint",
            unique=True,
            postgresql_where=sql("outcome IN ('intended', 'unknown')"),
        ),
        Index(
            "uq_effects_external",
            "account_id",
            "action",
            "external_id",
            unique=True,
            postgresql_where=sql("outcome = 'confirmed'"),
        ),
        Index("ix_effects_workspace_id", "workspace_id", "id"),
        Index("ix_effects_attempt_id", "attempt_id"),
        Index("ix_effects_account_settled", "account_id", "settled_at"),
        Index("ix_effects_persona_settled", "persona_id", "settled_at"),
        Index("ix_effects_workspace_settled", "workspace_id", "settled_at"),
        Index("ix_effects_task_id", "task_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"))
    attempt_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("attempts.id"))
    account_id: Mapped[UUID]
    platform: Mapped[str]
    step: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    text: Mapped[str]
    content: Mapped[Json | None]
    key: Mapped[str | None]
    fingerprint: Mapped[str]
    baseline: Mapped[Json]
    outcome: Mapped[str]
    external_id: Mapped[str | None]
    external_url: Mapped[str | None]
    element: Mapped[str | None]
    absent_reads: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    last_read_at: Mapped[datetime | None]
    intended_at: Mapped[CreatedAt]
    call_deadline: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    persona_id: Mapped[UUID]
    called_again: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=sql("'{}'"))
    part: Mapped[bool] = mapped_column(server_default=sql("false"))


class ProofFile(Base):
    """A screenshot of an outward action; the file lies below `$CALLSHEET_HOME/proofs` until it is removed."""

    __tablename__ = "proofs"
    __table_args__ = (Index("ix_proofs_kept", "created_at", postgresql_where=sql("removed_at IS NULL")),)

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    effect_id: Mapped[UUID] = mapped_column(ForeignKey("effects.id"), index=True)
    media_type: Mapped[str]
    size: Mapped[int]
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[datetime | None]
