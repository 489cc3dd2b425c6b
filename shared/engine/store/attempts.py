"""How is a task claimed, its lease renewed, and its end recorded? For a whole batch in one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Integer, Uuid

from shared.db.events import APPEND, LOUD_ENTRY, MOVED, TASK_ENTRY, as_json
from shared.db.rows import rows_of
from shared.engine.store import parking
from shared.engine.store.done_steps import ACTED, DONE, RESULT
from shared.engine.store.rows.task_rows import AttemptKind, ClaimedAccount, ClaimedTask, TaskRow
from shared.status import FINISHED

# The process that claimed an attempt. The attempt's number alone does not identify it: a database that came back from an
# earlier state may have given the number to another process, at the same task.
IS_OWN = "(a.host, a.pid) = (:host, :pid) AND a.process_identity IS NOT DISTINCT FROM CAST(:process_identity AS text)"

_MESSAGE = (bindparam("ids", type_=ARRAY(Uuid)), bindparam("seqs", type_=ARRAY(Integer)))

_OF_TASK = ", ".join(f"t.{field.name}" for field in fields(TaskRow))

# Tasks first and in order, as everywhere; then the claim, the attempts and the events in one statement.
_CLAIM = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT t.id, t.status FROM unnest(:ids, :seqs) AS w(id, seq) JOIN tasks t ON t.id = w.id AND t.release_seq = w.seq
        WHERE t.status = 'queued' OR (t.status = 'unknown' AND t.verify_released)
        ORDER BY t.id FOR NO KEY UPDATE OF t
    ),
    moved AS (
        UPDATE tasks t SET status = 'running', started_at = coalesce(t.started_at, clock_timestamp())
        FROM held WHERE t.id = held.id AND held.status = 'queued' RETURNING {MOVED}
    ),
    tried AS (
        INSERT INTO attempts (workspace_id, task_id, account_id, kind, transport, lane, release_seq, host, pid,
                              process_identity, deadline_at, lease_until)
        SELECT t.workspace_id, t.id, t.account_id, CASE held.status WHEN 'queued' THEN 'perform' ELSE 'verify' END,
               CASE WHEN starts_with(t.lane, a.transport || '.') THEN a.transport END, t.lane,
               t.release_seq, :host, :pid, :process_identity,
               clock_timestamp() + make_interval(secs => :timeout), clock_timestamp() + make_interval(secs => :lease)
        FROM held JOIN tasks t ON t.id = held.id LEFT JOIN accounts a ON a.id = t.account_id
        RETURNING id, task_id, kind
    ),
    entries AS ({LOUD_ENTRY}), {APPEND}
    SELECT tried.id AS attempt_id, tried.kind, {_OF_TASK}, a.platform AS acts_on, a.handle, a.origin, a.transport,
           a.practice, clock_timestamp() AS claimed_at, (SELECT count(*) FROM appended) AS appended,
           CASE tried.kind WHEN 'verify' THEN (
               SELECT count(*) FROM attempts f WHERE f.task_id = t.id AND f.kind = 'verify' AND f.outcome = 'failed'
               AND f.id > (SELECT max(p.id) FROM attempts p WHERE p.task_id = t.id AND p.kind = 'perform')
           ) ELSE 0 END AS failed_looks
    FROM tried JOIN tasks t ON t.id = tried.task_id LEFT JOIN accounts a ON a.id = t.account_id
    """
).bindparams(*_MESSAGE)

_GIVE_BACK = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT t.id FROM unnest(:ids, :seqs) AS w(id, seq) JOIN tasks t ON t.id = w.id AND t.release_seq = w.seq
        WHERE t.status = 'queued' ORDER BY t.id FOR NO KEY UPDATE OF t
    ),
    moved AS (UPDATE tasks t SET status = 'pending' FROM held WHERE t.id = held.id RETURNING {MOVED}),
    entries AS ({LOUD_ENTRY}), {APPEND}
    SELECT count(*) FROM appended
    """
).bindparams(*_MESSAGE)

_RENEW = text(
    f"""
    UPDATE attempts a SET lease_until = least(a.deadline_at, clock_timestamp() + make_interval(secs => :lease))
    WHERE a.id = ANY (:ids) AND {IS_OWN} AND a.ended_at IS NULL AND a.lease_until > clock_timestamp() RETURNING a.id
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

_HOLD = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT a.id FROM unnest(:ids, :tasks) AS w(id, task) JOIN attempts a ON a.id = w.id AND a.task_id = w.task
        WHERE {IS_OWN} ORDER BY a.id FOR NO KEY UPDATE OF a
    )
    UPDATE attempts a SET lease_until = least(a.deadline_at, clock_timestamp() + make_interval(secs => :lease))
    FROM held WHERE a.id = held.id AND a.ended_at IS NULL AND a.lease_until > clock_timestamp()
    RETURNING a.id, a.lease_until
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("tasks", type_=ARRAY(Uuid)))

HOLD_TASKS = text("SELECT id FROM tasks WHERE id = ANY (:ids) ORDER BY id FOR NO KEY UPDATE").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)

_RECORD_TYPE = """(attempt_id bigint, task_id uuid, outcome text, status text, result jsonb, error jsonb,
    not_before timestamptz, retries int, verify_at timestamptz, acted boolean, wake_key text,
    waits boolean, looks int, awaits text)"""

# Tasks before attempts, as everywhere. That an attempt is open is not asked for here: the index of open ones is full of
# closed ones that were not vacuumed yet (measured: 9 ms for a message, not 1). A fresh look at the waiting ones follows.
_HOLD_BOTH = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT id, cancel_requested FROM tasks WHERE id = ANY (:tasks) ORDER BY id FOR NO KEY UPDATE
    )
    SELECT a.id, a.ended_at, held.cancel_requested FROM attempts a JOIN held ON held.id = a.task_id
    WHERE a.id = ANY (:attempts) AND {IS_OWN} ORDER BY a.id FOR NO KEY UPDATE OF a
    """
).bindparams(bindparam("tasks", type_=ARRAY(Uuid)), bindparam("attempts", type_=ARRAY(BigInteger)))

_WRITE_ANEW = text(
    f"""
    WITH there AS (SELECT a.id FROM attempts a WHERE a.id = :id AND a.task_id = :task AND {IS_OWN}),
    written AS (
        INSERT INTO attempts (workspace_id, task_id, account_id, kind, transport, lane, release_seq, host, pid,
                              process_identity, started_at, deadline_at, lease_until, ended_at, outcome)
        SELECT t.workspace_id, t.id, t.account_id, :kind,
               CASE WHEN starts_with(t.lane, a.transport || '.') THEN a.transport END, t.lane, :release_seq, :host, :pid,
               :process_identity, :began, clock_timestamp(), clock_timestamp(), clock_timestamp(), 'done'
        FROM tasks t LEFT JOIN accounts a ON a.id = t.account_id
        WHERE t.id = :task AND NOT EXISTS (SELECT FROM there) RETURNING id
    )
    SELECT id FROM there UNION ALL SELECT id FROM written
    """
)

_NOTE_BROWSER = text(
    f"""
    UPDATE attempts a SET browser_pid = :browser_pid, browser_identity = :browser_identity WHERE a.id = :id AND {IS_OWN}
    """
)
_NOTE_BROWSER_HOST = text(
    f"UPDATE attempts a SET browser_host = :browser_host, browser_token = :token WHERE a.id = :id AND {IS_OWN}"
)

_LATEST = text(
    """
    SELECT a.* FROM unnest(:ids) AS w(id) CROSS JOIN LATERAL (
        SELECT task_id, kind, host, started_at, ended_at, outcome, error FROM attempts
        WHERE task_id = w.id ORDER BY id DESC LIMIT :each
    ) a
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

_FAILED_SINCE = text(
    "SELECT EXISTS (SELECT FROM attempts WHERE task_id = :task AND outcome = 'failed' AND ended_at > :instant)"
)

# An attempt's report of its task's end holds only while the ledger agrees: with an open effect there is one end, `unknown`;
# and a look that leaves nothing open has done its work, however it ended otherwise. With a confirmed one it does not end as
# if nothing had been done: where that was all it is completed, and what only follows goes on (ADR 0047).
_ENDS_DONE = f"(t.cancel_requested OR s.status IN ('failed', 'cancelled')) AND s.status <> 'completed' AND {DONE}"
_IS_STOPPED = f"t.cancel_requested AND NOT {ACTED}"
_END = text(
    f"""
    WITH said AS MATERIALIZED (
        SELECT r.*, a.kind, EXISTS (
            SELECT FROM effects e WHERE e.task_id = r.task_id AND e.outcome IN ('intended', 'unknown')) AS is_open
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r{_RECORD_TYPE} JOIN attempts a ON a.id = r.attempt_id
    ),
    r AS MATERIALIZED (
        SELECT s.attempt_id, s.task_id, s.outcome, s.error, s.retries, s.acted, s.waits, s.looks, s.awaits,
               s.waits AND t.waits AS no_news,
               CASE WHEN s.is_open THEN 'unknown'
                    WHEN {_ENDS_DONE} THEN 'completed'
                    WHEN s.status = 'unknown' AND s.kind = 'verify' THEN CASE WHEN {_IS_STOPPED} THEN 'cancelled'
                                                                              ELSE 'pending' END
                    WHEN s.status IN ('pending', 'scheduled') AND {_IS_STOPPED} THEN 'cancelled'
                    ELSE s.status END AS status,
               CASE WHEN s.is_open THEN NULL WHEN {_ENDS_DONE} THEN {RESULT} ELSE s.result END AS result,
               CASE WHEN NOT s.is_open THEN s.not_before END AS not_before,
               CASE WHEN NOT s.is_open AND NOT t.cancel_requested THEN s.wake_key END AS wake_key,
               CASE WHEN s.is_open AND s.status <> 'unknown' THEN clock_timestamp()
                    WHEN s.is_open OR s.kind = 'perform' THEN s.verify_at END AS verify_at
        FROM said s JOIN tasks t ON t.id = s.task_id
    ),
    ended AS (
        UPDATE attempts a SET ended_at = clock_timestamp(), outcome = r.outcome, error = r.error
        FROM r WHERE a.id = r.attempt_id RETURNING a.id
    ),
    moved AS (
        UPDATE tasks t SET
               status = r.status, result = coalesce(r.result, t.result),
               error = CASE WHEN r.status <> 'completed' THEN r.error END,
               not_before = coalesce(r.not_before, t.not_before), due_at = coalesce(r.not_before, t.due_at),
               retry_count = t.retry_count + r.retries, verify_at = r.verify_at, verify_released = false,
               acted = t.acted OR r.acted, wake_key = r.wake_key,
               parked_at = CASE WHEN r.wake_key IS NOT NULL THEN clock_timestamp() END,
               waits = r.waits AND r.status = 'scheduled', awaits = r.awaits,
               looks = CASE WHEN r.outcome = 'failed' THEN 0 ELSE t.looks + r.looks END,
               finished_at = CASE WHEN r.status IN ('completed', 'failed', 'cancelled') THEN clock_timestamp() END
        FROM r WHERE t.id = r.task_id AND t.status IN ('running', 'unknown') AND t.status <> r.status
        RETURNING {MOVED}, r.no_news
    ),
    again AS (
        UPDATE tasks t SET verify_at = r.verify_at, verify_released = false, error = coalesce(r.error, t.error)
        FROM r WHERE t.id = r.task_id AND t.status = 'unknown' AND r.status = 'unknown' RETURNING t.id
    ),
    entries AS ({TASK_ENTRY} WHERE NOT (m.waits AND m.no_news)), {APPEND}
    SELECT count(*) FROM appended
    """
)


@dataclass(frozen=True, slots=True)
class Process:
    """The process that claims: its machine, its pid, and its identity (`shared/process_identity.py`)."""

    host: str
    pid: int
    identity: str | None

    @property
    def columns(self) -> dict[str, Any]:
        """Return it as columns of an attempt."""
        return {"host": self.host, "pid": self.pid, "process_identity": self.identity}


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """A try at a task, and how it ended."""

    task_id: UUID
    kind: AttemptKind
    host: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of one attempt, and what happens to its task. `acted`: all its outward steps are done.

    `wake_key` names the fact that it waits for, which the dispatcher checks by itself, since no change of it wakes tasks.
    It `waits` where it has looked at something that is still being made; `looks` is how much patience that used up.
    `awaits` is the step for whose children it waits.
    """

    attempt_id: int
    task_id: UUID
    outcome: str
    status: str
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    not_before: Any = None
    retries: int = 0
    verify_at: Any = None
    acted: bool = False
    wake_key: str | None = None
    waits: bool = False
    looks: int = 0
    awaits: str | None = None


async def claim(
    connection: AsyncConnection, message: Sequence[tuple[UUID, int]], who: Process, *, timeout_s: float, lease_s: float
) -> list[ClaimedTask]:
    """Claim what of a message is still as released; the rest is stale. One row for each attempt, with its task.

    Raises:
        IntegrityError: an account's browser, or a task, has an open attempt already; nothing was claimed.
    """
    values = _pairs(message) | who.columns | {"timeout": timeout_s, "lease": min(lease_s, timeout_s)}
    answer = await connection.execute(_CLAIM, values)
    return [_claimed({str(name): value for name, value in row.items()}) for row in answer.mappings()]


def _claimed(row: dict[str, Any]) -> ClaimedTask:
    """Return a row of a claim, with its account apart."""
    del row["appended"]
    platform, *of_account = (row.pop(name) for name in ("acts_on", "handle", "origin", "transport", "practice"))
    account = ClaimedAccount(row["account_id"], row["workspace_id"], platform, *of_account) if platform else None
    return ClaimedTask(**row, account=account)


async def give_back(connection: AsyncConnection, message: Sequence[tuple[UUID, int]]) -> None:
    """Make queued tasks of a message pending again; the last statement of its transaction."""
    await connection.execute(_GIVE_BACK, _pairs(message))


async def renew(connection: AsyncConnection, who: Process, ids: Sequence[int], lease_s: float) -> set[int]:
    """Renew a process's own leases, never past an attempt's deadline; return those still held."""
    values = {"ids": sorted(ids), "lease": lease_s} | who.columns
    return set((await connection.execute(_RENEW, values)).scalars())


async def lock_leases(
    connection: AsyncConnection, who: Process, pairs: Sequence[tuple[int, UUID]], lease_s: float
) -> dict[int, datetime]:
    """Renew a process's own leases of these (attempt, task) and lock them until the transaction ends.

    Return until when each is held that has not ended.
    """
    ids, tasks = map(list, zip(*pairs, strict=True))
    rows = (await connection.execute(_HOLD, {"ids": ids, "tasks": tasks, "lease": lease_s} | who.columns)).all()
    return {row.id: row.lease_until for row in rows}


async def record(connection: AsyncConnection, who: Process, ended: Sequence[Ended]) -> set[int]:
    """Close a process's own attempts and move their tasks, with events and wake-ups; return those that were still open.

    What a closed attempt reports about its task's state is dropped: that is the fence. While an effect of a task is open, no
    other end than `unknown` is accepted. Ends its transaction's work.
    """
    rows = [{name: getattr(end, name) for name in Ended.__slots__} for end in ended]
    held = {"tasks": sorted({end.task_id for end in ended}), "attempts": sorted(end.attempt_id for end in ended)}
    found = (await connection.execute(_HOLD_BOTH, held | who.columns)).all()
    cancelled = {row.id: row.cancel_requested for row in found if row.ended_at is None}
    valid = [row for row in rows if row["attempt_id"] in cancelled]
    # A task that waits for one that does not end after all is asked again, and waits on.
    ending = [row for row in valid if row["status"] in FINISHED or cancelled[row["attempt_id"]]]
    if ending:
        await parking.wake(connection, [f"task:{row['task_id']}" for row in ending])
    if valid:
        await connection.execute(_END, {"rows": as_json(valid)})
    return set(cancelled)


async def write_anew(connection: AsyncConnection, attempt: ClaimedTask, who: Process) -> int:
    """Return the id of a claimed attempt; where the database has lost it, it is written anew, as an ended one."""
    values = {"id": attempt.attempt_id, "task": attempt.id, "kind": attempt.kind, "release_seq": attempt.release_seq}
    values |= who.columns | {"began": attempt.claimed_at}
    return int((await connection.execute(_WRITE_ANEW, values)).scalar_one())


async def latest(connection: AsyncConnection, ids: Sequence[UUID], *, each: int) -> dict[UUID, list[AttemptRow]]:
    """Return the newest attempts at each of these tasks, newest first."""
    found: dict[UUID, list[AttemptRow]] = {}
    for row in rows_of(AttemptRow, await connection.execute(_LATEST, {"ids": list(ids), "each": each})):
        found.setdefault(row.task_id, []).append(row)
    return found


async def note_browser(connection: AsyncConnection, who: Process, attempt_id: int, pid: int, identity: str | None) -> bool:
    """Record which browser an attempt of a process's own drives, so that the keeper can end it; return whether it is one."""
    values = {"id": attempt_id, "browser_pid": pid, "browser_identity": identity} | who.columns
    return bool((await connection.execute(_NOTE_BROWSER, values)).rowcount)


async def note_browser_host(connection: AsyncConnection, who: Process, attempt_id: int, host: str, token: int) -> bool:
    """Record the joined host in whose browser an attempt of a process's own acts, and the token of its lane.

    Return whether it is one.
    """
    values = {"id": attempt_id, "browser_host": host, "token": token} | who.columns
    return bool((await connection.execute(_NOTE_BROWSER_HOST, values)).rowcount)


async def has_failed_since(connection: AsyncConnection, task: UUID, instant: datetime | None) -> bool:
    """Return whether an attempt at a task has failed since then."""
    return bool((await connection.execute(_FAILED_SINCE, {"task": task, "instant": instant})).scalar_one())


def _pairs(message: Sequence[tuple[UUID, int]]) -> dict[str, Any]:
    return {"ids": [task for task, _ in message], "seqs": [seq for _, seq in message]}
