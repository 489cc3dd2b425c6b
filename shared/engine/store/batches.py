"""How is a message of tasks without effects claimed, recorded and lost? Each in one statement under its lock.

Locks are taken in the order of ADR 0014: tasks, then their batch, then the counter of events. A claim holds the batch alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from orjson import Fragment
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, Uuid

from shared.db.events import APPEND_GROUPS, GROUPS, MOVED, SAME_CORRELATION, as_array, as_json
from shared.db.rows import row_or_none, rows_of
from shared.engine.store import parking
from shared.engine.store.attempts import Process
from shared.status import FINISHED

_IS_OWN = "(b.host, b.pid) = (:host, :pid) AND b.process_identity IS NOT DISTINCT FROM CAST(:process_identity AS text)"

_TAKE = text(
    """
    UPDATE batches b SET host = :host, pid = :pid, process_identity = :process_identity, claimed_at = clock_timestamp(),
           deadline_at = clock_timestamp() + make_interval(secs => :timeout),
           lease_until = clock_timestamp() + make_interval(secs => :lease)
    WHERE b.id = :batch AND b.type = :type AND b.claimed_at IS NULL RETURNING b.id
    """
)

# A fresh look after the batch is held: who was cancelled before is in it no more, and who is cancelled after it is running.
_CLAIM = text(
    f"""
    WITH batch AS MATERIALIZED (SELECT * FROM batches WHERE id = :batch),
    found AS MATERIALIZED (
        SELECT min(t.platform) AS platform, array_agg(t.id ORDER BY u.place) AS ids,
               array_agg(CAST(t.payload AS text) ORDER BY u.place) AS payloads,
               array_agg(t.retry_count ORDER BY u.place) AS retry_counts,
               array_agg(t.max_retries ORDER BY u.place) AS max_retries,
               {SAME_CORRELATION.replace("m.", "t.")} AS is_same, min(t.correlation_id) AS correlation_id,
               array_agg(t.correlation_id ORDER BY u.place) AS correlation_ids
        FROM batch b CROSS JOIN LATERAL unnest(b.task_ids) WITH ORDINALITY AS u(id, place) JOIN tasks t ON t.id = u.id
        WHERE t.batch_id = :batch HAVING count(*) > 0
    ),
    groups AS (
        SELECT b.workspace_id, 'task.running' AS type,
               jsonb_strip_nulls(jsonb_build_object(
                   'task_type', b.type, 'platform', f.platform, 'lane', b.lane,
                   'correlation_id', CASE WHEN f.is_same THEN f.correlation_id END)) AS data,
               f.ids AS task_ids, b.id AS group_id,
               CASE WHEN NOT f.is_same AND f.correlation_id IS NOT NULL THEN f.correlation_ids END AS correlation_ids
        FROM found f CROSS JOIN batch b
    ), {APPEND_GROUPS}
    SELECT b.claimed_at, CAST(f.ids AS text[]) AS ids, f.payloads, f.retry_counts, f.max_retries
    FROM found f CROSS JOIN batch b CROSS JOIN (SELECT count(*) FROM appended) a
    """
)
_FORGET = text("DELETE FROM batches WHERE id = :batch")

_RENEW = text(
    f"""
    UPDATE batches b SET lease_until = least(b.deadline_at, clock_timestamp() + make_interval(secs => :lease))
    WHERE b.id = ANY (:ids) AND {_IS_OWN} AND b.lease_until > clock_timestamp() RETURNING b.id
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

# Tasks first and in order, as everywhere; whoever else wants the batch then waits, and finds it gone.
_HOLD = """
    WITH named AS MATERIALIZED (SELECT task_ids FROM batches WHERE id = :batch),
    held AS MATERIALIZED (
        SELECT t.id FROM tasks t WHERE t.id = ANY (ARRAY(SELECT unnest(task_ids) FROM named)) AND t.batch_id = :batch
        ORDER BY t.id FOR NO KEY UPDATE
    )
    SELECT b.id FROM batches b WHERE b.id = :batch AND (SELECT count(*) FROM held) >= 0 AND {condition} FOR UPDATE OF b
"""
_HOLD_OWN = text(_HOLD.format(condition=_IS_OWN))
_HOLD_LOST = text(_HOLD.format(condition="b.claimed_at IS NOT NULL AND (NOT :expired OR b.lease_until < clock_timestamp())"))

# Several at once: tasks of all of them first, and in order.
_HOLD_UNCLAIMED = text(
    """
    WITH named AS MATERIALIZED (
        SELECT id, task_ids FROM batches WHERE (id = :batch OR lane = ANY (:lanes)) AND claimed_at IS NULL
    ),
    held AS MATERIALIZED (
        SELECT t.id FROM (SELECT id AS batch_id, unnest(task_ids) AS id FROM named) n
        JOIN tasks t ON t.id = n.id AND t.batch_id = n.batch_id ORDER BY t.id FOR NO KEY UPDATE OF t
    )
    SELECT b.id FROM batches b WHERE b.id = ANY (ARRAY(SELECT id FROM named)) AND (SELECT count(*) FROM held) >= 0
       AND b.claimed_at IS NULL ORDER BY b.id FOR UPDATE OF b
    """
).bindparams(bindparam("lanes", type_=ARRAY(Text)), bindparam("batch", type_=Uuid))
_GIVE_BACK = text(
    f"""
    WITH batch AS (DELETE FROM batches b WHERE b.id = ANY (:ids) RETURNING b.*),
    moved AS (
        UPDATE tasks t SET status = 'pending', batch_id = NULL
        FROM batch b CROSS JOIN LATERAL unnest(b.task_ids) WITH ORDINALITY AS u(id, place)
        WHERE t.id = u.id AND t.batch_id = b.id RETURNING {MOVED}, b.id AS batch_id, u.place
    ),
    groups AS ({GROUPS}), {APPEND_GROUPS}
    SELECT m.id FROM moved m CROSS JOIN (SELECT count(*) FROM appended) a
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

_ATTEMPT_COLUMNS = """workspace_id, task_id, kind, lane, release_seq, host, pid, process_identity, started_at, deadline_at,
                              lease_until, ended_at, outcome, error"""
_ATTEMPTS = f"""
        INSERT INTO attempts ({_ATTEMPT_COLUMNS})
        SELECT m.workspace_id, m.id, 'perform', m.lane, m.release_seq, b.host, b.pid, b.process_identity, b.claimed_at,
               b.deadline_at, b.lease_until, clock_timestamp(), m.outcome, m.error
        FROM moved m CROSS JOIN batch b
"""

# Mostly all end in one way: that is said once, and which task ended in which. What is not said of a task that is still in
# the batch is that nothing was done of it, which is the first way: it waits again. What the batch knows of all of them is
# taken from it, and does not come back from each.
_END = text(
    f"""
    WITH batch AS (DELETE FROM batches b WHERE b.id = :batch RETURNING b.*),
    ways AS MATERIALIZED (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(CAST(:ways AS jsonb)) AS (
            outcome text, status text, result jsonb, error jsonb, not_before timestamptz, retries int)) WITH ORDINALITY
    ),
    said AS MATERIALIZED (
        SELECT u.id, u.place, coalesce(e.way, 1) AS way, b.claimed_at
        FROM batch b CROSS JOIN LATERAL unnest(b.task_ids) WITH ORDINALITY AS u(id, place)
        LEFT JOIN unnest(CAST(:ids AS uuid[]), CAST(:way_of AS int[])) AS e(id, way) ON e.id = u.id
    ),
    moved AS (
        UPDATE tasks t SET status = w.status, batch_id = NULL, result = coalesce(w.result, t.result), error = w.error,
               not_before = coalesce(w.not_before, t.not_before), due_at = coalesce(w.not_before, t.due_at),
               retry_count = t.retry_count + w.retries, started_at = coalesce(t.started_at, s.claimed_at),
               finished_at = CASE WHEN w.status IN ('completed', 'failed') THEN clock_timestamp() END
        FROM said s JOIN ways w ON w.ordinality = s.way WHERE t.id = s.id AND t.batch_id = :batch
        RETURNING t.id, t.release_seq, t.platform, t.correlation_id, s.place, s.way
    ),
    tried AS (
        INSERT INTO attempts ({_ATTEMPT_COLUMNS})
        SELECT b.workspace_id, m.id, 'perform', b.lane, m.release_seq, b.host, b.pid, b.process_identity, b.claimed_at,
               b.deadline_at, b.lease_until, clock_timestamp(), w.outcome, w.error
        FROM moved m JOIN ways w ON w.ordinality = m.way CROSS JOIN batch b
    ),
    groups AS (
        SELECT b.workspace_id, 'task.' || w.status AS type,
               jsonb_strip_nulls(jsonb_build_object(
                   'task_type', b.type, 'platform', g.platform, 'lane', b.lane, 'error', w.error,
                   'correlation_id', CASE WHEN g.is_same THEN g.correlation_id END)) AS data,
               g.task_ids, b.id AS group_id,
               CASE WHEN NOT g.is_same AND g.correlation_id IS NOT NULL THEN g.correlation_ids END AS correlation_ids
        FROM (
            SELECT m.way, m.platform, {SAME_CORRELATION} AS is_same, min(m.correlation_id) AS correlation_id,
                   array_agg(m.id ORDER BY m.place) AS task_ids,
                   array_agg(m.correlation_id ORDER BY m.place) AS correlation_ids
            FROM moved m GROUP BY m.way, m.platform
        ) g JOIN ways w ON w.ordinality = g.way CROSS JOIN batch b
    ), {APPEND_GROUPS}
    SELECT (SELECT count(*) FROM moved) FROM (SELECT count(*) FROM appended) a
    """
)

# Who is not tried again after one loss more; others wait for it, perhaps.
_FALLS = text(
    """
    SELECT t.id FROM tasks t WHERE t.id = ANY (ARRAY(SELECT unnest(task_ids) FROM batches WHERE id = :batch))
       AND t.batch_id = :batch AND (t.cancel_requested OR t.lost_count + 1 >= :max_lost)
    """
)

_LOSE = text(
    f"""
    WITH batch AS (DELETE FROM batches b WHERE b.id = :batch RETURNING b.*),
    moved AS (
        UPDATE tasks t SET
            status = CASE WHEN t.cancel_requested THEN 'cancelled' WHEN t.lost_count + 1 >= :max_lost THEN 'failed'
                          ELSE 'pending' END,
            batch_id = NULL, lost_count = t.lost_count + 1, started_at = coalesce(t.started_at, b.claimed_at),
            finished_at = CASE WHEN t.cancel_requested OR t.lost_count + 1 >= :max_lost THEN clock_timestamp() END,
            error = jsonb_build_object('code', 'lost', 'message', CAST(:reason AS text))
        FROM batch b CROSS JOIN LATERAL unnest(b.task_ids) WITH ORDINALITY AS u(id, place)
        WHERE t.id = u.id AND t.batch_id = :batch
        RETURNING {MOVED}, CAST(:batch AS uuid) AS batch_id, u.place, 'lost' AS outcome, t.release_seq
    ),
    tried AS ({_ATTEMPTS}),
    groups AS ({GROUPS}), {APPEND_GROUPS}
    SELECT m.id, m.status FROM moved m CROSS JOIN (SELECT count(*) FROM appended) a
    """
)

_EXPIRED = text("SELECT id FROM batches WHERE lease_until < clock_timestamp() ORDER BY id LIMIT :limit")
_OF_PROCESS = text("SELECT id FROM batches WHERE host = :host AND pid = :pid ORDER BY id")
_OUT = text("SELECT id, lane, type FROM batches WHERE claimed_at IS NULL ORDER BY released_at, id")

# Of whose tasks none is in it any more it is no message.
_FORGET_EMPTY = text(
    """
    DELETE FROM batches b WHERE b.claimed_at IS NULL AND b.published_at < clock_timestamp() - make_interval(secs => :age)
      AND NOT EXISTS (SELECT FROM unnest(b.task_ids) AS u(id) JOIN tasks t ON t.id = u.id WHERE t.batch_id = b.id)
    """
)
_UNCLAIMED = text(
    """
    WITH due AS MATERIALIZED (
        SELECT id FROM batches WHERE claimed_at IS NULL
          AND published_at < clock_timestamp() - make_interval(secs => :age * power(2, least(publish_count, 6) - 1))
        ORDER BY released_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE batches b SET published_at = clock_timestamp(), publish_count = least(b.publish_count + 1, 100)
    FROM due WHERE b.id = due.id RETURNING b.id, b.lane, b.type
    """
)


@dataclass(frozen=True, slots=True)
class PublishedBatch:
    """A batch that is out and not claimed."""

    id: UUID
    lane: str
    type: str


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """The tasks of a claimed batch, in their order: `ids` as texts, `payloads` as JSON."""

    claimed_at: datetime
    ids: list[str]
    payloads: list[str]
    retry_counts: list[int]
    max_retries: list[int]


@dataclass(frozen=True, slots=True)
class EndedInBatch:
    """How the attempts at some tasks of a batch ended, and what becomes of these tasks. `result` is JSON."""

    tasks: list[str]
    outcome: str
    status: str
    result: str | None = None
    error: dict[str, Any] | None = None
    not_before: datetime | None = None
    retries: int = 0

    def as_way(self) -> dict[str, Any]:
        """Return what is said of each of them."""
        said = {name: getattr(self, name) for name in ("outcome", "status", "error", "not_before", "retries")}
        return said | {"result": None if self.result is None else Fragment(self.result)}


_GAVE_BACK = EndedInBatch([], "gave_back", "pending")


@dataclass(frozen=True, slots=True)
class _Batch:
    id: UUID


async def claim(
    connection: AsyncConnection, batch: UUID, kind: str, who: Process, *, timeout_s: float, lease_s: float
) -> ClaimedBatch | None:
    """Claim what is still in a batch of tasks of one type; None where it is claimed already, gone or empty.

    Ends its transaction's work.
    """
    values = who.columns | {"batch": batch, "type": kind, "timeout": timeout_s, "lease": min(lease_s, timeout_s)}
    if row_or_none(_Batch, await connection.execute(_TAKE, values)) is None:
        return None
    claimed = row_or_none(ClaimedBatch, await connection.execute(_CLAIM, {"batch": batch}))
    if claimed is None:
        await connection.execute(_FORGET, {"batch": batch})
    return claimed


async def renew(connection: AsyncConnection, who: Process, ids: Sequence[UUID], lease_s: float) -> set[UUID]:
    """Renew the leases of a process's own batches, never past their deadlines; return those still held."""
    return set((await connection.execute(_RENEW, who.columns | {"ids": sorted(ids), "lease": lease_s})).scalars())


async def record(connection: AsyncConnection, who: Process, batch: UUID, ended: Sequence[EndedInBatch]) -> int:
    """End a process's own batch with all its tasks, their attempts, events and wake-ups; return how many tasks moved.

    Whoever was taken out of it meanwhile stays as it is; of whom nothing is said, nothing was done. A batch that is not its
    own any more is left alone: that is the fence. Ends its transaction's work.
    """
    if row_or_none(_Batch, await connection.execute(_HOLD_OWN, who.columns | {"batch": batch})) is None:
        return 0
    await parking.wake_after(connection, [task for end in ended if end.status in FINISHED for task in end.tasks])
    values = {
        "batch": batch,
        "ways": as_json([end.as_way() for end in (_GAVE_BACK, *ended)]),
        "ids": as_array(task for end in ended for task in end.tasks),
        "way_of": as_array(str(way) for way, end in enumerate(ended, 2) for _ in end.tasks),
    }
    return int((await connection.execute(_END, values)).scalar_one())


async def lose(connection: AsyncConnection, batch: UUID, *, reason: str, max_lost: int, only_expired: bool) -> int:
    """End a claimed batch whose process is gone or silent; return how many tasks moved. Ends its transaction's work."""
    if row_or_none(_Batch, await connection.execute(_HOLD_LOST, {"batch": batch, "expired": only_expired})) is None:
        return 0
    values = {"batch": batch, "reason": reason, "max_lost": max_lost}
    falls = (await connection.execute(_FALLS, {"batch": batch, "max_lost": max_lost})).scalars().all()
    await parking.wake_after(connection, falls)
    return len((await connection.execute(_LOSE, values)).all())


async def give_back(connection: AsyncConnection, batch: UUID) -> int:
    """Make the tasks of a batch that nobody has claimed pending again; return how many. Ends its transaction's work."""
    return await _give_back(connection, batch, [])


async def withdraw(connection: AsyncConnection, lanes: Sequence[str]) -> int:
    """Make the tasks of all batches on these lanes that nobody has claimed pending again; return how many.

    Ends its transaction's work.
    """
    return await _give_back(connection, None, sorted(lanes))


async def _give_back(connection: AsyncConnection, batch: UUID | None, lanes: list[str]) -> int:
    held = (await connection.execute(_HOLD_UNCLAIMED, {"batch": batch, "lanes": lanes})).scalars().all()
    return len((await connection.execute(_GIVE_BACK, {"ids": list(held)})).all()) if held else 0


async def expired(connection: AsyncConnection, limit: int) -> list[UUID]:
    """Return claimed batches whose lease has ended."""
    return list((await connection.execute(_EXPIRED, {"limit": limit})).scalars())


async def of_process(connection: AsyncConnection, host: str, pid: int) -> list[UUID]:
    """Return the batches that one process has claimed."""
    return list((await connection.execute(_OF_PROCESS, {"host": host, "pid": pid})).scalars())


async def out(connection: AsyncConnection) -> list[PublishedBatch]:
    """Return what was released and not claimed yet, in the order of release."""
    return rows_of(PublishedBatch, await connection.execute(_OUT))


async def unclaimed(connection: AsyncConnection, age_s: float, limit: int) -> list[PublishedBatch]:
    """Note that what nobody claimed for `age_s` seconds, doubled each time, is published again; return it.

    What has no task left is no message any more, and forgotten.
    """
    await connection.execute(_FORGET_EMPTY, {"age": age_s})
    return rows_of(PublishedBatch, await connection.execute(_UNCLAIMED, {"age": age_s, "limit": limit}))
