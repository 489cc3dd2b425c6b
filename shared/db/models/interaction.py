"""What others wrote to our accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId, one_of

INTERACTION_KINDS = ("message", "comment", "mention")


class Interaction(Base):
    """A message, comment or mention. `at` is the page's own time; `author` is empty where it showed none.

    Of a forgotten one only the id stays: a later reading must know that it is not new.
    """

    __tablename__ = "interactions"
    __table_args__ = (
        UniqueConstraint("account_id", "external_id", name="uq_interactions_account_id_external_id"),
        CheckConstraint(one_of("kind", INTERACTION_KINDS), name="kind"),
        Index("ix_interactions_workspace_id", "workspace_id", "id"),
        Index("ix_interactions_account_id", "account_id", "id"),
        Index("ix_interactions_kept", "received_at", postgresql_where=text("forgotten_at IS NULL")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    platform: Mapped[str]
    kind: Mapped[str]
    external_id: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    url: Mapped[str]
    at: Mapped[datetime | None]
    received_at: Mapped[CreatedAt]
    forgotten_at: Mapped[datetime | None]
