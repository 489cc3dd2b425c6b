"""How does the dispatcher find what is due and mark it released? In sets, never task by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Boolean, Integer, Text, Uuid

from shared.db import leases
from shared.db.events import (
    ALONE,
    APPEND,
    APPEND_GROUPS,
    LOUD_ENTRY,
    MOVED,
    SAME_CORRELATION,
    TASK_ENTRY,
    as_array,
    as_json,
)
from shared.db.models.task import AGES, STREAM
from shared.db.rows import rows_of
from shared.engine.rules.facts import Facts
from shared.engine.store import facts, parking
from shared.engine.store.done_steps import DONE, RESULT
from shared.engine.store.rows.task_rows import PublishedTask, QueuedTask
from shared.task_types.registry import TASK_TYPES

# What is first in an index is asked for, and compared afterwards. `EXISTS (… not_before <= clock_timestamp())` read a whole
# million of planned tasks, none of them due, in each tick: the function may answer anew for each row, so it bounds no index,
# and a plan for any instant expects to find a row at once, wherever it begins to read (measured: 150 ms).
_OUTLOOK = text(
    """
    WITH first AS MATERIALIZED (
        SELECT (SELECT min(not_before) FROM tasks WHERE status = 'scheduled') AS planned,
               (SELECT min(verify_at) FROM tasks
                WHERE status = 'unknown' AND verify_at IS NOT NULL AND NOT verify_released) AS unknown,
               (SELECT opens_at FROM scopes WHERE opens_at > (SELECT clock_timestamp()) ORDER BY opens_at LIMIT 1) AS opens,
               (SELECT min(opens_at) FROM breakers WHERE opens_at > (SELECT clock_timestamp())) AS tries,
               clock_timestamp() AS now
    )
    SELECT coalesce(planned <= now, false) AS due,
           EXISTS (SELECT FROM tasks WHERE status = 'pending' AND wake_key IS NULL) AS pending,
           coalesce(unknown <= now, false) AS unknown,
           EXISTS (SELECT FROM tasks WHERE unfilled AND approval_required AND status = 'pending' AND wake_key IS NULL)
               AS unfilled,
           extract(epoch FROM least(planned, opens, tries) - now) AS next_due_s,
           EXISTS (SELECT FROM wake_backlog) AS backlog,
           (SELECT asked_at IS NOT NULL OR asleep_since IS NOT NULL FROM sleep) AS sleepy
    FROM first
    """
)

# The ids go through an array, of which a plan expects a few: of a LIMIT that it does not know it expects a tenth of all
# planned tasks, and read a million rows to join them (measured: 450 ms for a handful of due ones).
_PROMOTE = text(
    f"""
    WITH moved AS (
        UPDATE tasks t SET status = 'pending', due_at = t.not_before WHERE t.id = ANY (ARRAY(
            SELECT id FROM tasks WHERE status = 'scheduled' AND not_before <= (SELECT clock_timestamp())
            ORDER BY not_before LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)) RETURNING {MOVED}
    ),
    entries AS ({LOUD_ENTRY}), {APPEND}
    SELECT count(*) FROM appended
    """
)

# When the next of the tasks falls due that are not due yet.
_NEXT_DUE = text(
    """
    WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at)
    SELECT extract(epoch FROM least(
        (SELECT not_before FROM tasks WHERE status = 'scheduled' AND not_before > (SELECT at FROM now)
         ORDER BY not_before LIMIT 1),
        (SELECT opens_at FROM scopes WHERE opens_at > (SELECT at FROM now) ORDER BY opens_at LIMIT 1),
        (SELECT min(opens_at) FROM breakers WHERE opens_at > (SELECT at FROM now))
    ) - (SELECT at FROM now))
    """
)

_OF_LINES = facts.COLUMNS.format(
    lanes="ARRAY(SELECT lane FROM line)",
    accounts="ARRAY(SELECT account_id FROM line)",
    places="SELECT DISTINCT workspace_id, lane FROM line",
)

# A loose index scan: one step for each line of waiting tasks, however long the lines are. With the fence before it and
# the facts of the lines' lanes and accounts behind it, all in one round trip.
_SURVEY = text(
    f"""
    WITH RECURSIVE held AS MATERIALIZED ({leases.HELD}), line AS (
        (SELECT lane, {STREAM} AS stream, type, acted, account_id, workspace_id FROM tasks
         WHERE status = 'pending' AND wake_key IS NULL ORDER BY lane, {STREAM}, type, acted LIMIT 1)
        UNION ALL
        SELECT n.* FROM line CROSS JOIN LATERAL (
            SELECT t.lane, {STREAM} AS stream, t.type, t.acted, t.account_id, t.workspace_id FROM tasks t
            WHERE t.status = 'pending' AND t.wake_key IS NULL
              AND (t.lane, {STREAM}, t.type, t.acted) > (line.lane, line.stream, line.type, line.acted)
            ORDER BY t.lane, {STREAM}, t.type, t.acted LIMIT 1
        ) n
    )
    SELECT EXISTS (SELECT FROM held) AS held,
           (SELECT jsonb_agg(jsonb_build_array(lane, account_id, workspace_id, type, acted)) FROM line) AS streams,
           {_OF_LINES}
    """
)

# OFFSET 0: otherwise a generic plan makes a table of all dependencies, since it does not know how few tasks are taken.
TASK_COLUMNS = (
    "t.id, t.workspace_id, t.type, t.status, t.lane, t.platform, t.account_id, t.not_before, t.due_at, t.rank, t.recipient,"
    " t.expires_at, t.approval_required, t.payload_hash, t.approved_hash, t.approved_account, t.approved_for,"
    " t.approval_covers_time, t.scheduled_for, t.unfilled, t.release_seq, t.resources, t.run_id,"
    " t.runs_asleep, t.targets, t.hours, t.acted, t.awaits,"
    " EXISTS (SELECT FROM task_dependencies d WHERE d.task_id = t.id OFFSET 0) AS has_dependencies"
)

_TAKEN_COLUMNS = ", ".join(f"c.{field.name}" for field in fields(QueuedTask))
# Of such tasks of one line and type no gate reads anything that differs: one is asked for all of them.
_ALIKE = """c.account_id IS NULL AND c.run_id IS NULL AND c.expires_at IS NULL AND c.hours IS NULL AND c.awaits IS NULL
    AND c.recipient IS NULL AND c.targets IS NULL AND c.resources = '{}' AND NOT c.approval_required AND NOT c.unfilled
    AND NOT c.runs_asleep AND NOT c.has_dependencies AND (c.not_before IS NULL OR c.not_before <= :now)"""

# By all columns of the index, though the first are the same for all: PostgreSQL does not see that an expression is held
# still, and sorted the whole line for its first tasks (measured: 7 ms of 10,000, instead of 0.1). Of a type that goes in
# batches those that are alike come as one row, with the ids of up to a batch.
_TAKE = text(
    f"""
    WITH taken AS MATERIALIZED (
        SELECT c.*, s.line, s.batch, s.batch > 1 AND {_ALIKE} AS alike
        FROM unnest(:lanes, :streams, :types, :acted, :limits, :batches)
            WITH ORDINALITY AS s(lane, stream, type, acted, n, batch, line)
        CROSS JOIN LATERAL (
            SELECT {TASK_COLUMNS} FROM tasks t
            WHERE t.status = 'pending' AND t.wake_key IS NULL AND t.lane = s.lane AND {STREAM} = s.stream AND t.type = s.type
              AND t.acted = s.acted
            ORDER BY t.lane, {STREAM}, t.type, t.acted, t.rank, t.due_at, t.id LIMIT s.n FOR NO KEY UPDATE SKIP LOCKED
        ) c
    ),
    packs AS (
        SELECT string_agg(CAST(id AS text), ',' ORDER BY place) AS ids FROM (
            SELECT id, line, rank, batch, row_number() OVER (PARTITION BY line, rank ORDER BY due_at, id) - 1 AS place
            FROM taken WHERE alike
        ) placed GROUP BY line, rank, place / batch
    )
    SELECT {_TAKEN_COLUMNS}, p.ids FROM taken c LEFT JOIN packs p ON CAST(left(p.ids, 36) AS uuid) = c.id
    WHERE p.ids IS NOT NULL OR NOT c.alike ORDER BY c.rank, c.due_at, c.id
    """
).bindparams(
    bindparam("lanes", type_=ARRAY(Text)),
    bindparam("streams", type_=ARRAY(Uuid)),
    bindparam("types", type_=ARRAY(Text)),
    bindparam("acted", type_=ARRAY(Boolean)),
    bindparam("limits", type_=ARRAY(Integer)),
    bindparam("batches", type_=ARRAY(Integer)),
)

_OUT_NOW = """status = 'queued', release_seq = t.release_seq + 1, released_at = (SELECT clock_timestamp()),
               published_at = (SELECT clock_timestamp()), publish_count = 1, error = NULL"""
# One instant for all of a release: it identifies the tasks of one message. One statement for those that go in batches and
# those that go alone: the event counters of their workspaces are taken once, and in order. All are held, so that those of a
# batch are known; what the first of it says of its workspace, lane and type, all say.
_RELEASE = text(
    f"""
    WITH given AS MATERIALIZED (
        SELECT g.id, CAST(g.ids AS uuid[]) AS ids FROM unnest(:batches, :members) AS g(id, ids)
    ),
    moved AS (
        UPDATE tasks t SET {_OUT_NOW}, batch_id = NULL
        FROM unnest(:alone) AS a(id) WHERE t.id = a.id RETURNING {MOVED}
    ),
    batched AS (
        UPDATE tasks t SET {_OUT_NOW}, batch_id = g.id, event_groups = array_append(t.event_groups, g.id)
        FROM given g CROSS JOIN LATERAL unnest(g.ids) WITH ORDINALITY AS u(id, place) WHERE t.id = u.id
        RETURNING t.batch_id, t.correlation_id, u.place
    ),
    made AS (
        INSERT INTO batches (id, workspace_id, lane, type, task_ids)
        SELECT g.id, f.workspace_id, f.lane, f.type, g.ids FROM given g JOIN tasks f ON f.id = g.ids[1]
    ),
    entries AS ({LOUD_ENTRY}),
    groups AS (
        SELECT f.workspace_id, 'task.queued' AS type,
               jsonb_strip_nulls(jsonb_build_object(
                   'task_type', f.type, 'platform', f.platform, 'lane', f.lane,
                   'correlation_id', CASE WHEN c.is_same THEN f.correlation_id END)) AS data,
               g.ids AS task_ids, CASE WHEN NOT c.is_same THEN c.correlation_ids END AS correlation_ids, g.id AS group_id
        FROM given g JOIN tasks f ON f.id = g.ids[1] JOIN (
            SELECT m.batch_id, {SAME_CORRELATION} AS is_same,
                   array_agg(m.correlation_id ORDER BY m.place) AS correlation_ids
            FROM batched m GROUP BY m.batch_id
        ) c ON c.batch_id = g.id
        UNION ALL
        {ALONE}
    ), {APPEND_GROUPS}
    SELECT count(*) FROM appended
    """
).bindparams(
    bindparam("alone", type_=ARRAY(Uuid)), bindparam("batches", type_=ARRAY(Uuid)), bindparam("members", type_=ARRAY(Text))
)

_FAIL = text(
    f"""
    WITH moved AS (
        UPDATE tasks t SET status = CASE WHEN {DONE} THEN 'completed' ELSE 'failed' END, finished_at = clock_timestamp(),
               result = CASE WHEN {DONE} THEN {RESULT} ELSE t.result END,
               error = CASE WHEN NOT {DONE} THEN jsonb_build_object('code', f.code, 'message', f.message) END
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS f(id uuid, code text, message text)
        WHERE t.id = f.id RETURNING {MOVED}
    ),
    entries AS ({TASK_ENTRY}), {APPEND}
    SELECT count(*) FROM appended
    """
)

_POSTPONE = text(
    f"""
    WITH moved AS (
        UPDATE tasks t SET status = 'scheduled', not_before = p.until
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS p(id uuid, until timestamptz)
        WHERE t.id = p.id RETURNING {MOVED}
    ),
    entries AS ({TASK_ENTRY}), {APPEND}
    SELECT count(*) FROM appended
    """
)

# One step up for each `step` seconds that a task has been due, so that none waits for ever behind better ones. Tasks that
# have moved up equally far are asked together: by the time alone, tasks that wait for the next step were read in every
# round (measured: 200 ms for 200,000 of them).
_OLD_ENOUGH = f"""{AGES} AND priority - rank = risen.n
           AND due_at < (SELECT clock_timestamp()) - make_interval(secs => :step * greatest(1, risen.n + 1))"""
_RISEN = "generate_series(-4, 4) AS risen(n)"
ANY_AGES = f"EXISTS (SELECT FROM {_RISEN} CROSS JOIN LATERAL (SELECT FROM tasks WHERE {_OLD_ENOUGH} LIMIT 1) old)"
_AGE = text(
    f"""
    UPDATE tasks SET rank = greatest(1, priority - floor(extract(epoch FROM clock_timestamp() - due_at) / :step))
    WHERE id = ANY (ARRAY(
        SELECT old.id FROM {_RISEN} CROSS JOIN LATERAL (
            SELECT id FROM tasks WHERE {_OLD_ENOUGH} ORDER BY due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED) old
        LIMIT :limit))
    """
)

# Tasks that are released alone and not claimed; the room on the lanes bounds their number.
_OUT = text(
    """
    SELECT t.id, t.release_seq, t.lane, t.type FROM tasks t
    WHERE (t.status = 'queued' AND t.batch_id IS NULL)
       OR (t.status = 'unknown' AND t.verify_at IS NOT NULL AND t.verify_released AND NOT EXISTS (
              SELECT FROM attempts a WHERE a.task_id = t.id AND a.ended_at IS NULL))
    ORDER BY t.released_at, t.id
    """
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether there is anything to do, and in how many seconds the next task falls due (None: nothing planned).

    `unfilled`: a text that needs approval can perhaps be filled in now. `backlog` says that tasks are still to be
    woken whose fact has changed. `sleepy` says that the system sleeps or is asked to, so that sleep is worth a look of its
    own.
    """

    due: bool
    pending: bool
    unknown: bool
    unfilled: bool
    next_due_s: float | None
    sleepy: bool
    backlog: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """One line of waiting tasks of one type: those of one lane and account, or of one workspace where they have none.

    Those whose outward steps are all done (`acted`) are a line of their own: gates that guard the steps do not hold them.
    """

    lane: str
    account_id: UUID | None
    workspace_id: UUID
    type: str
    acted: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """Tasks that were taken from their lines. For one that stands for others `alike` has the ids of all, itself first."""

    rows: list[QueuedTask]
    alike: dict[UUID, list[str]]


@dataclass(frozen=True, slots=True)
class _TakenRow(QueuedTask):
    ids: str | None


_QUEUED = [field.name for field in fields(QueuedTask)]


async def outlook(connection: AsyncConnection) -> Outlook:
    """Return whether a tick has work, by one cheap query."""
    row = (await connection.execute(_OUTLOOK)).one()
    wait = None if row.next_due_s is None else float(row.next_due_s)
    return Outlook(row.due, row.pending, row.unknown, row.unfilled, wait, bool(row.sleepy), row.backlog)


async def promote(connection: AsyncConnection, limit: int) -> int:
    """Make `pending` what has fallen due; return how many."""
    return int((await connection.execute(_PROMOTE, {"limit": limit})).scalar_one())


async def next_due_s(connection: AsyncConnection) -> float | None:
    """Return in how many seconds the next planned task falls due; None: nothing is planned."""
    wait = (await connection.execute(_NEXT_DUE)).scalar_one()
    return None if wait is None else float(wait)


async def survey(connection: AsyncConnection, lease: Mapping[str, Any]) -> tuple[list[Stream], Facts] | None:
    """Return the lines in which tasks wait, with what gates must know of them; None where the lease is lost.

    Nobody can take the lease before the transaction ends.
    """
    row = (await connection.execute(_SURVEY, lease)).one()
    if not row.held:
        return None
    streams = [
        Stream(lane, account and UUID(account), UUID(workspace), kind, acted)
        for lane, account, workspace, kind, acted in row.streams or ()
    ]
    return streams, facts.read(row)


async def take(connection: AsyncConnection, wanted: Sequence[tuple[Stream, int]], now: datetime) -> Taken:
    """Return the first tasks of each line, by priority and age, locked until the transaction ends.

    `now` is the instant for which the gates are asked.
    """
    values = {
        "lanes": [stream.lane for stream, _ in wanted],
        "streams": [stream.account_id or stream.workspace_id for stream, _ in wanted],
        "types": [stream.type for stream, _ in wanted],
        "acted": [stream.acted for stream, _ in wanted],
        "limits": [limit for _, limit in wanted],
        "batches": [TASK_TYPES[stream.type].batch for stream, _ in wanted],
        "now": now,
    }
    rows = rows_of(_TakenRow, await connection.execute(_TAKE, values))
    alike = {row.id: row.ids.split(",") for row in rows if row.ids is not None}
    return Taken([QueuedTask(*[getattr(row, name) for name in _QUEUED]) for row in rows], alike)


async def release(connection: AsyncConnection, alone: Sequence[UUID], batches: Mapping[UUID, Sequence[UUID | str]]) -> None:
    """Mark held tasks released: those that go `alone`, and those in batches of one workspace, lane and type, in their order.

    The last statement of its transaction.
    """
    members = [as_array(map(str, tasks)) for tasks in batches.values()]
    await connection.execute(_RELEASE, {"alone": list(alone), "batches": list(batches), "members": members})


async def fail(connection: AsyncConnection, rows: Sequence[dict[str, str]]) -> None:
    """Fail tasks that can never run, each with `id`, `code` and `message`, and wake tasks that wait for them.

    The last statement of its transaction.
    """
    await parking.wake(connection, [f"task:{row['id']}" for row in rows])
    await connection.execute(_FAIL, {"rows": as_json(rows)})


async def postpone(connection: AsyncConnection, until: Mapping[UUID, datetime]) -> None:
    """Put off tasks that one gate of their own holds until a known time."""
    rows = [{"id": task, "until": instant} for task, instant in sorted(until.items())]
    await connection.execute(_POSTPONE, {"rows": as_json(rows)})


async def age(connection: AsyncConnection, step_s: float, limit: int) -> int:
    """Raise the rank of tasks that have been due for long; return how many."""
    return int((await connection.execute(_AGE, {"step": step_s, "limit": limit})).rowcount)


async def out(connection: AsyncConnection) -> list[PublishedTask]:
    """Return what was released, not in a batch, and not claimed yet, in the order of release."""
    return rows_of(PublishedTask, await connection.execute(_OUT))
