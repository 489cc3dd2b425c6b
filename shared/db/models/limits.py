"""Limits, cooldowns, consents and the do-not-contact list."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, Json, WorkspaceId, one_of

ENTRY_KINDS = ("handle", "domain")
ENTRY_SOURCES = ("person", "import", "stop_word", "doubtful")


class ScopeLimits(Base):
    """The limits set for a scope: `account:<id>`, `persona:<id>`, `platform:<name>` or `workspace`."""

    __tablename__ = "limits"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[Json]
    changed_at: Mapped[CreatedAt]


class BudgetScope(Base):
    """A row that an intent locks before it counts the ledger."""

    __tablename__ = "budget_scopes"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)


class AccountCooldown(Base):
    """An account's pause after a refusal, and the share of its budgets afterwards."""

    __tablename__ = "cooldowns"
    __table_args__ = (CheckConstraint("share > 0 AND share <= 1", name="share"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    cause: Mapped[str]
    refusals: Mapped[int] = mapped_column(SmallInteger)
    since: Mapped[datetime]
    until: Mapped[datetime]
    share: Mapped[float]


class Consent(Base):
    """An owner's acceptance of a platform's rule, which is quoted, for one account."""

    __tablename__ = "consents"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    accepted_by: Mapped[str]
    accepted_at: Mapped[CreatedAt]


class DoNotContact(Base):
    """A person who is not to be contacted, on one platform or on all, by one persona or by any.

    `handle` is a domain where `kind` says so, and covers every address on it.
    """

    __tablename__ = "do_not_contact"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id",
            "persona_id",
            "platform",
            "kind",
            "handle",
            name="uq_do_not_contact_entry",
            postgresql_nulls_not_distinct=True,
        ),
        ForeignKeyConstraint(["workspace_id", "persona_id"], ["personas.workspace_id", "personas.id"]),
        CheckConstraint(one_of("kind", ENTRY_KINDS), name="kind"),
        CheckConstraint(one_of("source", ENTRY_SOURCES), name="source"),
        Index("ix_do_not_contact_handle", "workspace_id", "handle"),
        Index("ix_do_not_contact_workspace_id", "workspace_id", "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    persona_id: Mapped[UUID | None]
    platform: Mapped[str | None]
    handle: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[CreatedAt]
    kind: Mapped[str] = mapped_column(server_default=text("'handle'"))
    source: Mapped[str] = mapped_column(server_default=text("'person'"))
    added_by: Mapped[str] = mapped_column(server_default=text("''"))
