"""How are attempts closed whose process is gone or silent, and what happens to their tasks?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Text, Uuid

from shared.db.events import APPEND, MOVED, TASK_ENTRY
from shared.db.models.task import LOOKED_AT
from shared.db.rows import rows_of
from shared.engine.store import approvals, release, slots, unserved_lanes
from shared.engine.store.attempts import HOLD_TASKS
from shared.engine.store.done_steps import ACTED, BEGUN, DONE, RESULT
from shared.engine.store.rows.task_rows import PublishedTask

_ANY = text(
    f"""
    SELECT EXISTS (SELECT FROM attempts WHERE ended_at IS NULL AND lease_until < (SELECT clock_timestamp()))
               OR EXISTS (SELECT FROM batches WHERE lease_until < (SELECT clock_timestamp())) AS expired,
           EXISTS (SELECT FROM tasks WHERE status = 'queued' AND batch_id IS NULL) OR EXISTS (SELECT FROM batches)
               OR EXISTS (SELECT FROM tasks WHERE status = 'unknown' AND verify_at IS NOT NULL AND verify_released) AS out,
           EXISTS (SELECT FROM tasks WHERE wake_key IS NOT NULL) AS parked,
           EXISTS (SELECT FROM tasks WHERE {LOOKED_AT}) AS looked_at,
           EXISTS (SELECT FROM effects e JOIN attempts a ON a.id = e.attempt_id JOIN tasks t ON t.id = e.task_id
                   WHERE e.outcome IN ('intended', 'unknown') AND (e.outcome = 'intended' OR t.status = 'failed')
                     AND a.ended_at < (SELECT clock_timestamp()) - make_interval(secs => :age)) AS unsettled,
           {approvals.ANY_LATE} AS late, {release.ANY_AGES} AS ages, {unserved_lanes.ANY} AS unserved,
           {slots.ANY_DUE} AS slots
    """
)

_EXPIRED = text(
    "SELECT id, task_id FROM attempts WHERE ended_at IS NULL AND lease_until < (SELECT clock_timestamp()) LIMIT :limit"
)
_OF_PROCESS = text("SELECT id, task_id FROM attempts WHERE ended_at IS NULL AND host = :host AND pid = :pid")

_CLOSE = text(
    """
    UPDATE attempts SET ended_at = clock_timestamp(), outcome = 'lost',
           error = jsonb_build_object('code', 'lost', 'message', CAST(:reason AS text))
    WHERE id = ANY (:ids) AND ended_at IS NULL AND (NOT :expired OR lease_until < clock_timestamp()) RETURNING id
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

_UNSETTLE = text("UPDATE effects SET outcome = 'unknown' WHERE attempt_id = ANY (:ids) AND outcome = 'intended'").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)

# With an open effect the task is unknown; without one it waits again, unless it was lost too often. With a confirmed one it
# is not cancelled: where that was all it is completed if it may not be tried again, else it says itself how it ends.
_MOVE = text(
    f"""
    WITH lost AS (
        SELECT a.id, a.task_id, EXISTS (
            SELECT FROM effects e WHERE e.task_id = a.task_id AND e.outcome IN ('intended', 'unknown')) AS has_effect,
            {BEGUN} AS has_begun, {ACTED} AS has_acted, {DONE} AS is_done, t.lost_count + 1 >= :max_lost AS too_often
        FROM attempts a JOIN tasks t ON t.id = a.task_id WHERE a.id = ANY (:ids)
    ),
    moved AS (
        UPDATE tasks t SET
            status = CASE WHEN has_effect THEN 'unknown' WHEN t.cancel_requested AND NOT has_begun THEN 'cancelled'
                          WHEN (t.cancel_requested OR too_often) AND is_done THEN 'completed'
                          WHEN too_often THEN 'failed' ELSE 'pending' END,
            acted = t.acted OR has_acted OR (t.cancel_requested AND has_begun),
            lost_count = t.lost_count + 1,
            verify_at = CASE WHEN has_effect THEN clock_timestamp() END,
            verify_released = false, waits = false,
            finished_at = CASE WHEN NOT has_effect AND (too_often OR (t.cancel_requested AND (is_done OR NOT has_begun)))
                               THEN clock_timestamp() END,
            result = CASE WHEN NOT has_effect AND (t.cancel_requested OR too_often) AND is_done THEN {RESULT}
                          ELSE t.result END,
            error = CASE WHEN has_effect OR NOT is_done OR NOT (t.cancel_requested OR too_often)
                         THEN jsonb_build_object('code', 'lost', 'message', CAST(:reason AS text)) END
        FROM lost WHERE t.id = lost.task_id AND t.status = 'running' RETURNING {MOVED}
    ),
    woken AS (
        INSERT INTO wake_backlog (workspace_id, key)
        SELECT workspace_id, 'task:' || id FROM moved WHERE status IN ('completed', 'failed', 'cancelled')
    ),
    looked AS (
        UPDATE tasks t SET verify_released = false, verify_at = clock_timestamp() + interval '2 seconds'
        FROM lost WHERE t.id = lost.task_id AND t.status = 'unknown' RETURNING t.id
    ),
    entries AS (
        {TASK_ENTRY}
        UNION ALL
        SELECT workspace_id, task_id, 'effect.unknown', jsonb_build_object('effect', id, 'action', action)
        FROM effects WHERE attempt_id = ANY (:ids) AND outcome = 'unknown'
    ), {APPEND}
    SELECT count(*) FROM appended
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

# An effect is settled by its attempt, or by a look at its task while that is unknown. Effects whose attempt has ended
# without either are found here: the task of one that had failed is unknown again, and looked up.
_UNSETTLED = text(
    f"""
    WITH open AS MATERIALIZED (
        SELECT e.id, e.task_id, e.outcome FROM effects e JOIN attempts a ON a.id = e.attempt_id
        WHERE e.outcome IN ('intended', 'unknown') AND a.ended_at < (SELECT clock_timestamp()) - make_interval(secs => :age)
    ),
    held AS MATERIALIZED (
        SELECT t.id FROM tasks t WHERE t.status = 'failed' AND t.id IN (SELECT task_id FROM open)
        ORDER BY t.id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    ),
    moved AS (
        UPDATE tasks t SET status = 'unknown', finished_at = NULL, verify_released = false, verify_at = clock_timestamp()
        FROM held WHERE t.id = held.id RETURNING {MOVED}
    ),
    unsettled AS (
        UPDATE effects e SET outcome = 'unknown' FROM open WHERE e.id = open.id AND e.outcome = 'intended' RETURNING e.*
    ),
    entries AS (
        {TASK_ENTRY}
        UNION ALL
        SELECT workspace_id, task_id, 'effect.unknown', jsonb_build_object('effect', id, 'action', action) FROM unsettled
    ), {APPEND}
    SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM unsettled) AS found, (SELECT count(*) FROM appended)
    """
)

_UNCLAIMED = text(
    """
    SELECT t.id, t.release_seq, t.lane, t.type FROM tasks t
    WHERE ((t.status = 'queued' AND t.batch_id IS NULL) OR (t.status = 'unknown' AND t.verify_released AND NOT EXISTS (
              SELECT FROM attempts a WHERE a.task_id = t.id AND a.ended_at IS NULL)))
      AND coalesce(t.published_at, t.released_at)
          < clock_timestamp() - make_interval(secs => :age * power(2, least(t.publish_count, 6) - 1))
    ORDER BY t.released_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    """
)

_NOTE_AGAIN = text(
    "UPDATE tasks SET published_at = clock_timestamp(), publish_count = least(publish_count + 1, 100) WHERE id = ANY (:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

_WITHDRAW = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT id FROM tasks WHERE status = 'queued' AND batch_id IS NULL AND lane = ANY (:lanes)
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    ),
    moved AS (UPDATE tasks t SET status = 'pending' FROM held WHERE t.id = held.id RETURNING {MOVED}),
    entries AS ({TASK_ENTRY}), {APPEND}
    SELECT count(*) FROM appended
    """
).bindparams(bindparam("lanes", type_=ARRAY(Text)))

_DESERTED = text(
    """
    SELECT t.lane FROM tasks t WHERE t.status = 'queued' AND t.batch_id IS NULL AND NOT EXISTS (
        SELECT FROM workers w WHERE t.lane = ANY (w.lanes) AND w.seen_until > clock_timestamp())
    UNION
    SELECT b.lane FROM batches b WHERE b.claimed_at IS NULL AND NOT EXISTS (
        SELECT FROM workers w WHERE b.lane = ANY (w.lanes) AND w.seen_until > clock_timestamp())
    """
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The repairs for which there can be work; its defaults assume that there is some for all.

    Attempts whose lease ended, released messages, parked tasks and those that wait for a fact whose change wakes
    no tasks, open effects, approvals that came too late, tasks that move up, lanes without a worker, slots of schedules.
    """

    expired: bool = True
    out: bool = True
    parked: bool = True
    looked_at: bool = True
    unsettled: bool = True
    late: bool = True
    ages: bool = True
    unserved: bool = True
    slots: bool = True


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that has not ended."""

    id: int
    task_id: UUID


@dataclass(frozen=True, slots=True)
class LostAttempt:
    """A lost attempt of one machine, with its processes; for a joined host, the host and the account of the browser."""

    id: int
    pid: int
    process_identity: str | None
    pid_started_at: float | None
    browser_pid: int | None
    browser_identity: str | None
    browser_started_at: float | None
    lane: str
    browser_host: str | None
    browser_token: int | None
    browser_host_id: UUID | None
    account_id: UUID | None
    platform: str | None


async def outlook(connection: AsyncConnection, settles_s: float, ageing_s: float) -> Outlook:
    """Return which repairs are worth a look of their own, by one cheap query: each round trip is a part of a tick.

    An attempt that ended `settles_s` seconds ago has settled its effects, if it ever does. A task that has waited for
    another `ageing_s` seconds moves up.
    """
    return Outlook(**(await connection.execute(_ANY, {"age": settles_s, "step": ageing_s})).mappings().one())


async def expired(connection: AsyncConnection, limit: int) -> list[OpenAttempt]:
    """Return open attempts whose lease has ended."""
    return rows_of(OpenAttempt, await connection.execute(_EXPIRED, {"limit": limit}))


async def of_process(connection: AsyncConnection, host: str, pid: int) -> list[OpenAttempt]:
    """Return open attempts of one process."""
    return rows_of(OpenAttempt, await connection.execute(_OF_PROCESS, {"host": host, "pid": pid}))


async def close(
    connection: AsyncConnection, attempts: Sequence[OpenAttempt], *, reason: str, max_lost: int, only_expired: bool
) -> int:
    """Close attempts as lost and move their tasks; return how many were still open. Ends its transaction's work."""
    await connection.execute(HOLD_TASKS, {"ids": sorted({row.task_id for row in attempts})})
    values = {"ids": sorted(row.id for row in attempts), "reason": reason, "expired": only_expired}
    ids = list((await connection.execute(_CLOSE, values)).scalars())
    if ids:
        await connection.execute(_UNSETTLE, {"ids": ids})
        await connection.execute(_MOVE, {"ids": ids, "reason": reason, "max_lost": max_lost})
    return len(ids)


async def unsettled(connection: AsyncConnection, age_s: float, limit: int) -> int:
    """Have effects looked up that ended attempts left open `age_s` seconds ago; return how many rows moved.

    Ends its transaction.
    """
    return int((await connection.execute(_UNSETTLED, {"age": age_s, "limit": limit})).one().found)


async def unclaimed(connection: AsyncConnection, age_s: float, limit: int) -> list[PublishedTask]:
    """Return tasks that nobody claimed for `age_s` seconds, doubled with each publication; locked."""
    return rows_of(PublishedTask, await connection.execute(_UNCLAIMED, {"age": age_s, "limit": limit}))


async def note_again(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Record that these tasks are published once more, with the same release number."""
    await connection.execute(_NOTE_AGAIN, {"ids": sorted(ids)})


async def deserted_lanes(connection: AsyncConnection) -> list[str]:
    """Return lanes with queued tasks and no worker."""
    return list((await connection.execute(_DESERTED)).scalars())


async def withdraw(connection: AsyncConnection, lanes: Sequence[str]) -> int:
    """Make the tasks that are queued alone on these lanes `pending` again; return how many. Ends its transaction's work."""
    return int((await connection.execute(_WITHDRAW, {"lanes": sorted(lanes)})).scalar_one())


# For those that acted on a joined host: where that is and whose browser it was.
_TO_END = text(
    """
    SELECT t.id, t.pid, t.process_identity, t.pid_started_at, t.browser_pid, t.browser_identity, t.browser_started_at,
           t.lane, t.browser_host, t.browser_token, h.id AS browser_host_id, t.account_id, a.platform
    FROM attempts t LEFT JOIN hosts h ON h.name = t.browser_host LEFT JOIN accounts a ON a.id = t.account_id
    WHERE t.outcome = 'lost' AND t.dead_at IS NULL AND t.host = :host ORDER BY t.id LIMIT 100
    """
)


async def to_end(connection: AsyncConnection, host: str) -> list[LostAttempt]:
    """Return lost attempts of one machine whose processes are not yet known to be dead."""
    return rows_of(LostAttempt, await connection.execute(_TO_END, {"host": host}))


async def note_dead(connection: AsyncConnection, attempt_id: int) -> None:
    """Record that an attempt's process and browser are dead: from now on a look may prove that its effect is absent."""
    values = {"id": attempt_id}
    await connection.execute(text("UPDATE attempts SET dead_at = clock_timestamp() WHERE id = :id"), values)
