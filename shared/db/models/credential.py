"""Accounts' credentials, and open sign-ins at platforms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId, one_of

CREDENTIAL_KINDS = ("oauth", "api_key", "app_password")


class AccountCredential(Base):
    """An account's credential, encrypted. `version` grows with each pair of tokens; a claim is held while one refreshes."""

    __tablename__ = "account_credentials"
    __table_args__ = (
        CheckConstraint(one_of("kind", CREDENTIAL_KINDS), name="kind"),
        CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="claim"),
        ForeignKeyConstraint(["workspace_id", "account_id"], ["accounts.workspace_id", "accounts.id"], ondelete="CASCADE"),
        Index("ix_account_credentials_refresh_at", "refresh_at", postgresql_where=text("refresh_at IS NOT NULL")),
    )

    account_id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    kind: Mapped[str]
    sealed: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    expires_at: Mapped[datetime | None]
    refresh_at: Mapped[datetime | None]
    stored_at: Mapped[CreatedAt]
    claimed_by: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tried_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class OAuthRequest(Base):
    """An open sign-in at a platform; only the SHA-256 of its `state` is stored."""

    __tablename__ = "oauth_requests"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "persona_id"], ["personas.workspace_id", "personas.id"], ondelete="CASCADE"),
        Index("ix_oauth_requests_workspace_id", "workspace_id", "expires_at"),
    )

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    caller_id: Mapped[UUID]
    persona_id: Mapped[UUID]
    platform: Mapped[str]
    handle: Mapped[str | None]
    sealed: Mapped[str]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
