"""What the engine itself stores: lanes, workers, leases, parked scopes and switches."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    false,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.base import Base, CreatedAt, SerialId


class Lane(Base):
    """A Celery queue with its concurrency. A lane without a workspace serves all."""

    __tablename__ = "lanes"
    __table_args__ = (CheckConstraint("concurrency BETWEEN 1 AND 1000", name="concurrency"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID | None] = mapped_column(ForeignKey("workspaces.id"))
    concurrency: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[CreatedAt]


class UnservedLane(Base):
    """A lane on which a workspace's tasks wait without a worker; `said_at` is when that was reported."""

    __tablename__ = "unserved_lanes"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    lane: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    said_at: Mapped[datetime | None]


class Worker(Base):
    """A running pool, as it last reported; it pauses while there is a reason for it."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID | None] = mapped_column(ForeignKey("workspaces.id"))
    pool: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    version: Mapped[str]
    lanes: Mapped[list[str]]
    concurrency: Mapped[int] = mapped_column(SmallInteger)
    started_at: Mapped[CreatedAt]
    seen_until: Mapped[datetime]
    rest_reason: Mapped[str | None]
    rest_until: Mapped[datetime | None]


class Lease(Base):
    """A lease, such as the leading dispatcher's or a host's. The token grows with each new holder."""

    __tablename__ = "leases"

    key: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    token: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    lag_ms: Mapped[float] = mapped_column(server_default=text("0"))
    good_at: Mapped[datetime | None]


class Scope(Base):
    """A shared thing that a gate holds closed: parked once, however many tasks wait behind it.

    `key` is `all`, `lane:…`, `platform:…`, `account:<id>` or `capability:<platform>:<name>`. A workspace holds its own tasks
    only; the system's own workspace holds everybody's. `opens_at` is null while only a person can open it. `scope` is the
    key without the action that alone is held (`account:<id>#comment`): it serves to find what holds an account.
    """

    __tablename__ = "scopes"
    __table_args__ = (
        Index("ix_scopes_opens_at", "opens_at"),
        Index("ix_scopes_scope", "workspace_id", "scope"),
        Index("ix_scopes_connection", "workspace_id", postgresql_where=text("gate = 'connection'")),
    )

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    gate: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    opens_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    scope: Mapped[str] = mapped_column(Computed("split_part(key, '#', 1)", persisted=True))


class Switch(Base):
    """A switch for everything outward; every intent reads the kill switch FOR SHARE."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool] = mapped_column(server_default=false())
    changed_at: Mapped[CreatedAt]


class DatabaseNote(Base):
    """The last note of one home's dispatchers: the same number and token are in a file outside PostgreSQL.

    `timeline` and `server_started_at` name the server that was compared with the file.
    """

    __tablename__ = "database_notes"

    place: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    token: Mapped[UUID]
    timeline: Mapped[str]
    server_started_at: Mapped[datetime]
    noted_at: Mapped[CreatedAt]


class DatabaseLoss(Base):
    """A return of PostgreSQL to an earlier state: what it held from `since` until `until` may be gone.

    Until `marked_at` the `tasks` that may have acted meanwhile are still being marked.
    """

    __tablename__ = "database_losses"

    id: Mapped[SerialId]
    found_at: Mapped[CreatedAt]
    since: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str]
    marked_at: Mapped[datetime | None]
    tasks: Mapped[int] = mapped_column(server_default=text("0"))
