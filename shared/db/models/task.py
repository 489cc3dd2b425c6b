"""Tasks, their events, and their attempts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.models.account import TRANSPORTS
from shared.db.models.base import (
    Base,
    CreatedAt,
    Id,
    Json,
    SerialId,
    WorkspaceId,
    one_of,
)
from shared.status import STATUSES

# Tasks of one lane, account and type stand in one line, ready or not; those without an account in one for each workspace, so
# that a workspace which paused its own tasks does not hold up those of others.
# Somebody, or a rule, has approved a task `t` exactly as it is: its payload, its account and its time.
APPROVED = (
    "(t.approved_hash IS NOT DISTINCT FROM t.payload_hash AND t.approved_account IS NOT DISTINCT FROM t.account_id"
    " AND (NOT t.approval_covers_time OR t.approved_for IS NOT DISTINCT FROM t.scheduled_for))"
)
STREAM = "coalesce(account_id, workspace_id)"

# Parked on a fact whose improvement nothing reports: the dispatcher checks it.
LOOKED_AT = "split_part(wake_key, ':', 1) IN ('credits', 'making', 'effect')"
# A task that waits for another has no place in a line, and does not age in it.
AGES = "status = 'pending' AND rank > 1 AND (wake_key IS NULL OR NOT starts_with(wake_key, 'task:'))"

AUTHORS = ("person", "template", "ai")
# Tasks that the timetable makes for an account, each at most once at a time.
LOOKS = ("account_check", "inbox_sync")
ATTEMPT_KINDS = ("perform", "verify")
ATTEMPT_ENDS = ("done", "failed", "unknown", "gave_back", "lost")


class Task(Base):
    """One unit of work that a client asked for.

    `release_seq` counts releases: a message with another number is stale. `wake_key` names the one fact a parked task waits
    for. `rank` is the priority after ageing, by which it is taken. `recipient` is whom it addresses, in small letters;
    `targets` are all names of its target. `verify_at` says when an unknown outcome is looked up next; null while a person
    decides. `approval_until` is when it is too late to approve it. `runs_asleep` marks tasks that the timetable runs also
    while the system sleeps. `hours` are those in which it may run, by its owner's clock.

    `doubted_at` says that its outward steps may have been done before that instant, in a span that the database has
    lost: they are looked up first. Where that is when it was stored, it may be a repetition of a task that was lost.

    Between two looks at something that is being made it `waits`; `looks` counts those that used up patience.
    `parent_id` is the running task that made it, in its `parent_step`. `awaits` is the step whose children it waits for.
    `event_groups` are those in which it has events that it shares with others.
    `batch_id` is the message with which it is out; while that is claimed it is running.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index(
            "uq_tasks_timetable_slot",
            "timetable_entry",
            "timetable_slot",
            unique=True,
            postgresql_where=text("timetable_entry IS NOT NULL"),
        ),
        Index(
            "uq_tasks_schedule_slot",
            "schedule_id",
            "schedule_slot",
            unique=True,
            postgresql_where=text("schedule_id IS NOT NULL"),
        ),
        ForeignKeyConstraint(["workspace_id", "account_id"], ["accounts.workspace_id", "accounts.id"]),
        ForeignKeyConstraint(["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"]),
        CheckConstraint("(parent_id IS NULL) = (parent_step IS NULL)", name="child"),
        CheckConstraint(one_of("status", STATUSES), name="status"),
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority"),
        CheckConstraint("rank BETWEEN 1 AND 5", name="rank"),
        CheckConstraint("max_retries BETWEEN 0 AND 100", name="max_retries"),
        CheckConstraint("status <> 'scheduled' OR not_before IS NOT NULL", name="scheduled_has_time"),
        CheckConstraint("status <> 'queued' OR released_at IS NOT NULL", name="queued_is_released"),
        CheckConstraint("batch_id IS NULL OR status = 'queued'", name="batch_is_out"),
        Index("ix_tasks_due", "not_before", postgresql_where=text("status = 'scheduled'")),
        Index(
            "ix_tasks_pending",
            "lane",
            text(STREAM),
            "type",
            "acted",
            "rank",
            "due_at",
            "id",
            postgresql_where=text("status = 'pending' AND wake_key IS NULL"),
        ),
        Index("ix_tasks_ageing", text("(priority - rank)"), "due_at", postgresql_where=text(AGES)),
        Index("ix_tasks_parked", "wake_key", "rank", "due_at", "id", postgresql_where=text("wake_key IS NOT NULL")),
        Index(
            "ix_tasks_parked_place",
            "workspace_id",
            "lane",
            "rank",
            "due_at",
            "id",
            postgresql_where=text("wake_key IS NOT NULL AND status = 'pending'"),
        ),
        Index("ix_tasks_looked_at", "wake_key", postgresql_where=text(LOOKED_AT)),
        Index("ix_tasks_out", "lane", postgresql_where=text("status IN ('queued', 'running') AND batch_id IS NULL")),
        Index("ix_tasks_queued", "released_at", postgresql_where=text("status = 'queued' AND batch_id IS NULL")),
        Index("ix_tasks_verify", "verify_at", postgresql_where=text("status = 'unknown' AND verify_at IS NOT NULL")),
        Index(
            "ix_tasks_verify_line",
            "lane",
            text(STREAM),
            "type",
            "verify_at",
            postgresql_where=text("status = 'unknown' AND verify_at IS NOT NULL AND NOT verify_released"),
        ),
        Index("ix_tasks_workspace_status", "workspace_id", "status", "id"),
        Index("ix_tasks_workspace_id", "workspace_id", "id"),
        Index("ix_tasks_account", "account_id", "status", postgresql_where=text("account_id IS NOT NULL")),
        Index(
            "ix_tasks_schedule_open",
            "schedule_id",
            postgresql_where=text("schedule_id IS NOT NULL AND status NOT IN ('completed', 'failed', 'cancelled')"),
        ),
        Index(
            "ix_tasks_finished",
            "finished_at",
            postgresql_where=text("status IN ('completed', 'failed', 'cancelled')"),
        ),
        CheckConstraint(one_of("author", AUTHORS), name="author"),
        Index(
            "ix_tasks_approval",
            "workspace_id",
            "id",
            postgresql_where=text(
                "approval_required AND status IN ('awaiting_approval', 'scheduled', 'pending')",
            ),
        ),
        Index(
            "ix_tasks_unfilled",
            "id",
            postgresql_where=text("unfilled AND approval_required AND status = 'pending' AND wake_key IS NULL"),
        ),
        Index("ix_tasks_approval_until", "approval_until", postgresql_where=text("approval_until IS NOT NULL")),
        Index(
            "ix_tasks_approval_rule",
            "workspace_id",
            "approval_rule",
            "created_at",
            postgresql_where=text("approval_rule IS NOT NULL"),
        ),
        Index(
            "ix_tasks_making",
            "account_id",
            postgresql_where=text("type = 'film' AND status NOT IN ('completed', 'failed', 'cancelled')"),
        ),
        Index("ix_tasks_looks", "account_id", "type", "due_at", postgresql_where=text(one_of("type", LOOKS))),
        Index(
            "ix_tasks_looks_open",
            "type",
            "due_at",
            postgresql_where=text(f"{one_of('type', LOOKS)} AND status IN ('scheduled', 'pending', 'queued', 'running')"),
        ),
        Index("ix_tasks_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index("ix_tasks_parent", "parent_id", "parent_step", "id", postgresql_where=text("parent_id IS NOT NULL")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    type: Mapped[str]
    type_version: Mapped[int] = mapped_column(SmallInteger)
    platform: Mapped[str | None]
    account_id: Mapped[UUID | None]
    lane: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[str]
    payload: Mapped[Json]
    payload_hash: Mapped[str]
    resources: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    approval_required: Mapped[bool] = mapped_column(server_default=false())
    approved_hash: Mapped[str | None]
    scheduled_for: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    wake_key: Mapped[str | None]
    parked_at: Mapped[datetime | None]
    release_seq: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    released_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    publish_count: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    retry_count: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    max_retries: Mapped[int] = mapped_column(SmallInteger)
    lost_count: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    verify_at: Mapped[datetime | None]
    verify_released: Mapped[bool] = mapped_column(server_default=false())
    cancel_requested: Mapped[bool] = mapped_column(server_default=false())
    result: Mapped[Json | None]
    error: Mapped[Json | None]
    timetable_entry: Mapped[str | None]
    timetable_slot: Mapped[datetime | None]
    schedule_id: Mapped[UUID | None]
    schedule_slot: Mapped[datetime | None]
    run_id: Mapped[UUID | None]
    correlation_id: Mapped[str]
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    recipient: Mapped[str | None]
    rank: Mapped[int] = mapped_column(SmallInteger)
    runs_asleep: Mapped[bool] = mapped_column(server_default=false())
    targets: Mapped[list[str] | None]
    author: Mapped[str] = mapped_column(server_default=text("'person'"))
    asked_by: Mapped[str | None]
    asked_by_id: Mapped[UUID | None]
    approval_until: Mapped[datetime | None]
    approval_rule: Mapped[str | None]
    hours: Mapped[Json | None]
    acted: Mapped[bool] = mapped_column(server_default=false())
    unfilled: Mapped[bool] = mapped_column(server_default=false())
    approved_account: Mapped[UUID | None]
    approved_for: Mapped[datetime | None]
    approval_covers_time: Mapped[bool] = mapped_column(server_default=text("true"))
    doubted_at: Mapped[datetime | None]
    waits: Mapped[bool] = mapped_column(server_default=false())
    looks: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("tasks.id"))
    parent_step: Mapped[str | None]
    awaits: Mapped[str | None]
    event_groups: Mapped[list[UUID] | None]
    batch_id: Mapped[UUID | None]


class TaskDependency(Base):
    """`task_id` waits until `depends_on_id` is completed, or until it is finished in any way.

    Those of one `entry` above 0 wait together: until `at_least` so many of them are completed. `offset_s` is how many
    seconds it waits after the other's end.
    """

    __tablename__ = "task_dependencies"
    __table_args__ = (
        CheckConstraint("task_id <> depends_on_id", name="not_itself"),
        CheckConstraint(one_of("until", ("completed", "finished")), name="until"),
        CheckConstraint("(entry = 0) = (at_least IS NULL) AND entry >= 0 AND coalesce(at_least, 1) >= 1", name="some"),
        CheckConstraint("offset_s IS NULL OR (entry = 0 AND until = 'completed')", name="offset_s"),
        Index("ix_task_dependencies_some", "depends_on_id", postgresql_where=text("entry > 0")),
    )

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    entry: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default=text("0"))
    depends_on_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"), primary_key=True, index=True)
    workspace_id: Mapped[WorkspaceId]
    until: Mapped[str] = mapped_column(server_default=text("'completed'"))
    at_least: Mapped[int | None] = mapped_column(SmallInteger)
    offset_s: Mapped[float | None] = mapped_column(Float(53))


class WakeBacklog(Base):
    """A wake key whose tasks are still to be woken, in portions; one row for each change of its fact."""

    __tablename__ = "wake_backlog"

    id: Mapped[SerialId]
    workspace_id: Mapped[WorkspaceId]
    key: Mapped[str]
    created_at: Mapped[CreatedAt]


class TaskEvent(Base):
    """One change, numbered without gaps per workspace in the order of commits.

    Its workspace is that of the counter that numbered it, which has the reference. What happened to many tasks at once is
    one row: `seq` is the last of its numbers, one for each of `task_ids` in their order. `correlation_ids` stand beside them
    where not all have the same. Its `group_id` is among the `event_groups` of each of them.
    """

    __tablename__ = "task_events"
    __table_args__ = (
        Index("ix_task_events_task_id", "task_id", "seq"),
        Index("ix_task_events_time", "time", postgresql_using="brin"),
        Index("ix_task_events_group_id", "group_id", postgresql_where=text("group_id IS NOT NULL")),
        CheckConstraint(
            "(task_ids IS NULL AND correlation_ids IS NULL AND group_id IS NULL)"
            " OR (task_id IS NULL AND group_id IS NOT NULL AND cardinality(task_ids) BETWEEN 1 AND 1024"
            " AND seq >= cardinality(task_ids)"
            " AND cardinality(coalesce(correlation_ids, '{}')) IN (0, cardinality(task_ids)) AND NOT data ? 'by')",
            name="group",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    task_id: Mapped[UUID | None]
    type: Mapped[str]
    time: Mapped[CreatedAt]
    data: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    task_ids: Mapped[list[UUID] | None]
    correlation_ids: Mapped[list[str] | None]
    group_id: Mapped[UUID | None]


class EventCounter(Base):
    """The last event number of a workspace."""

    __tablename__ = "event_counters"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Attempt(Base):
    """One try at a task. Its id only grows and is the fencing token of its lease.

    `ended_at` is when it was closed; a lost attempt's process may live on until `dead_at`, when the keeper has seen it
    dead. Until then a browser account stays occupied. Start times (`…_started_at`) are written by versions before the
    identities, and move with the machine's clock.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        CheckConstraint(one_of("kind", ATTEMPT_KINDS), name="kind"),
        CheckConstraint(one_of("outcome", ATTEMPT_ENDS), name="outcome"),
        CheckConstraint(one_of("transport", TRANSPORTS), name="transport"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended_has_outcome"),
        Index("uq_attempts_open_task", "task_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index(
            "uq_attempts_open_browser",
            "account_id",
            unique=True,
            postgresql_where=text(
                "transport IN ('chromium', 'safari') AND (ended_at IS NULL OR (outcome = 'lost' AND dead_at IS NULL))"
            ),
        ),
        Index("ix_attempts_lease", "lease_until", postgresql_where=text("ended_at IS NULL")),
        Index(
            "ix_attempts_to_kill",
            "host",
            postgresql_where=text("outcome = 'lost' AND dead_at IS NULL"),
        ),
        Index("ix_attempts_task_id", "task_id", "id"),
    )

    id: Mapped[SerialId]
    workspace_id: Mapped[UUID]  # its task's, which has the reference
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"))
    account_id: Mapped[UUID | None]
    kind: Mapped[str]
    transport: Mapped[str | None]
    lane: Mapped[str]
    release_seq: Mapped[int]
    host: Mapped[str]
    pid: Mapped[int]
    process_identity: Mapped[str | None]
    pid_started_at: Mapped[float | None] = mapped_column(Float(53))
    browser_pid: Mapped[int | None]
    browser_identity: Mapped[str | None]
    browser_host: Mapped[str | None]
    browser_token: Mapped[int | None] = mapped_column(BigInteger)
    browser_started_at: Mapped[float | None] = mapped_column(Float(53))
    started_at: Mapped[CreatedAt]
    deadline_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    error: Mapped[Json | None]
    dead_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """The answer to a request that named a key."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    answer: Mapped[Json]
    created_at: Mapped[CreatedAt]
