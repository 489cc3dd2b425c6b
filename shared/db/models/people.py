"""People, the workspaces of which they are members, their sessions and invitations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, Id, WorkspaceId, one_of

ROLES = ("viewer", "editor", "approver", "owner")
ENDED_BECAUSE = ("signed_out", "revoked", "reused", "password")


class Person(Base):
    """Somebody with an e-mail address, which is theirs alone once it is `proved`.

    `password` is an Argon2 hash, which the gateway reads for one address at a time.
    """

    __tablename__ = "people"
    __table_args__ = (
        Index("uq_people_email", "email", unique=True, postgresql_where=text("proved")),
        Index("ix_people_email", "email"),
        CheckConstraint("totp_since IS NULL OR totp IS NOT NULL", name="totp"),
    )

    id: Mapped[Id]
    email: Mapped[str]
    password: Mapped[str]
    password_changed_at: Mapped[CreatedAt]
    totp: Mapped[str | None]
    totp_since: Mapped[datetime | None]
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]
    proved: Mapped[bool] = mapped_column(server_default=false())


class Member(Base):
    """A person's role in a workspace."""

    __tablename__ = "members"
    __table_args__ = (CheckConstraint(one_of("role", ROLES), name="role"), Index("ix_members_person_id", "person_id"))

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str]
    created_at: Mapped[CreatedAt]


class Session(Base):
    """A person who is signed in. `ends_at` is the latest end; `expires_at` comes earlier when it is not used."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint(one_of("ended_because", ENDED_BECAUSE), name="ended_because"),
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended"),
        Index("ix_sessions_person_id", "person_id"),
        Index("ix_sessions_ends_at", "ends_at"),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    address: Mapped[str]
    agent: Mapped[str]
    created_at: Mapped[CreatedAt]
    seen_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]


class RefreshToken(Base):
    """A member of a session's family, stored as SHA-256; using one again that was used before ends the session."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_session_id", "session_id"),)

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    created_at: Mapped[CreatedAt]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A replacement for a code of an authenticator app, once; stored as SHA-256."""

    __tablename__ = "recovery_codes"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    created_at: Mapped[CreatedAt]


class Invitation(Base):
    """An invitation to become a member, by a token of which the SHA-256 is stored."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("hash"),
        CheckConstraint(one_of("role", ROLES), name="role"),
        Index("ix_invitations_workspace_id", "workspace_id", "id"),
        Index("ix_invitations_expires_at", "expires_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    email: Mapped[str]
    role: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]


class Ticket(Base):
    """A ticket that admits one socket, once, as the key or the session that asked for it."""

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint("num_nonnulls(key_id, session_id) = 1", name="of_one"),
        Index("ix_tickets_expires_at", "expires_at"),
    )

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class SetupToken(Base):
    """While there is no owner: the token that admits the first one, stored as SHA-256."""

    __tablename__ = "setup_tokens"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    created_at: Mapped[CreatedAt]


class GatewaySecret(Base):
    """A secret that the gateways share and nobody else reads."""

    __tablename__ = "gateway_secrets"
    __table_args__ = (CheckConstraint("length(secret) >= 32", name="secret"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]
