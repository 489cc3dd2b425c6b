"""How are credits read, reserved for tasks, and observed as a page shows them?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, Uuid

from shared.db.models import CreditObservation
from shared.engine.rules.credits import Ledger, Observation, Reservation
from shared.engine.store.type_names import listed
from shared.ids import new_id

READS_CREDITS = listed(lambda spec: spec.capability == "credits")

# The ledgers of some accounts as one JSON document. To be formatted with what makes the array of accounts.
LEDGERS = """(SELECT jsonb_agg(c) FROM (
               SELECT i.id AS account_id, to_jsonb(o) AS seen,
                      (SELECT jsonb_agg(jsonb_build_array(r.amount, r.state, r.settled_at)) FROM credit_reservations r
                       WHERE r.account_id = i.id AND (r.settled_at IS NULL OR r.settled_at >= o.checked_at)) AS reservations,
                      (SELECT jsonb_agg(h.checked_at) FROM (
                           SELECT checked_at FROM credit_observations
                           WHERE account_id = i.id AND refreshed ORDER BY id DESC LIMIT 20) h) AS refreshes
               FROM unnest({accounts}) AS i(id) CROSS JOIN LATERAL (
                   SELECT known, free, paid, refreshes_at, checked_at FROM credit_observations
                   WHERE account_id = i.id ORDER BY id DESC LIMIT 1) o) c)"""

_LEDGERS = text(f"SELECT clock_timestamp() AS now, {LEDGERS.format(accounts=':accounts')} AS credits").bindparams(
    bindparam("accounts", type_=ARRAY(Uuid))
)

# What is still to be reserved before a task begins: its own credits, and those of all unfinished parts of its run.
_NEEDS = text(
    """
    SELECT t.id, coalesce(r.when_credits, 0) AS at_least,
           CASE WHEN EXISTS (SELECT FROM credit_reservations o WHERE o.task_id = t.id AND o.state <> 'released') THEN 0
           ELSE (
               SELECT coalesce(sum((g.resources->>'credits')::bigint), 0) FROM tasks g
               WHERE (g.id = t.id OR g.run_id = t.run_id) AND g.status NOT IN ('completed', 'failed', 'cancelled')
                 AND NOT EXISTS (SELECT FROM credit_reservations o WHERE o.task_id = g.id AND o.state <> 'released')
           ) END AS amount,
           EXISTS (
               SELECT FROM tasks w WHERE w.wake_key = 'credits:' || t.account_id AND w.id <> t.id
                 AND (w.run_id IS NULL OR w.run_id IS DISTINCT FROM t.run_id)
                 AND (w.rank, w.due_at, w.id) < (t.rank, t.due_at, t.id)) AS queue
    FROM tasks t LEFT JOIN runs r ON r.id = t.run_id WHERE t.id = ANY (:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

# Every unfinished part of a run; a run of which somebody is changing a part is not among the answers.
_HOLD_RUNS = text(
    """
    WITH held AS MATERIALIZED (
        SELECT run_id FROM tasks WHERE run_id = ANY (:runs) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    )
    SELECT run_id FROM held GROUP BY run_id HAVING count(*) = (SELECT count(*) FROM tasks t WHERE t.run_id = held.run_id)
    """
).bindparams(bindparam("runs", type_=ARRAY(Uuid)))

_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('credits:' || id, 0)) FROM unnest(:accounts) AS a(id) ORDER BY id"
).bindparams(bindparam("accounts", type_=ARRAY(Uuid)))

_RESERVE = text(
    """
    INSERT INTO credit_reservations (id, workspace_id, platform, account_id, task_id, run_id, amount)
    SELECT gen_random_uuid(), t.workspace_id, t.platform, t.account_id, t.id, t.run_id, (t.resources->>'credits')::int
    FROM tasks t
    WHERE (t.id = :task OR t.run_id = :run) AND t.status NOT IN ('completed', 'failed', 'cancelled')
      AND (t.resources->>'credits')::int > 0 AND t.account_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM credit_reservations r WHERE r.task_id = t.id AND r.state <> 'released')
    """
)

_WAKE_PARTS = text(
    "UPDATE tasks SET wake_key = NULL, parked_at = NULL WHERE run_id = :run AND starts_with(wake_key, 'credits:')"
)

_FORGET_OLD = text(
    """
    DELETE FROM credit_observations WHERE id = ANY (ARRAY(
        SELECT o.id FROM credit_observations o
        WHERE o.created_at < (SELECT clock_timestamp()) - make_interval(days => :days)
          AND o.id <> (SELECT max(n.id) FROM credit_observations n WHERE n.account_id = o.account_id)
          AND (NOT o.known OR EXISTS (
              SELECT FROM credit_observations n WHERE n.account_id = o.account_id AND n.id > o.id AND n.known))
          AND (NOT o.refreshed OR (
              SELECT count(*) FROM (SELECT FROM credit_observations n WHERE n.account_id = o.account_id AND n.refreshed
                                    AND n.id > o.id LIMIT 20) r) = 20)
        ORDER BY o.created_at LIMIT :limit))
    """
)

_SPEND = text(
    "UPDATE credit_reservations SET state = 'spent', settled_at = clock_timestamp()"
    " WHERE task_id = :task AND state = 'reserved'"
)

_LET_GO = text(
    """
    WITH freed AS (UPDATE credit_reservations SET state = 'released', settled_at = clock_timestamp()
                   WHERE task_id = :task AND state = 'reserved')
    UPDATE tasks SET resources = resources - 'credits' WHERE id = :task
    """
)

_OBSERVE = text(
    """
    INSERT INTO credit_observations
        (workspace_id, platform, account_id, known, free, paid, refreshes_at, refreshed, checked_at)
    VALUES (:workspace_id, :platform, :account_id, :known, :free, :paid, :refreshes_at, :refreshed, :checked_at)
    """
)

# Accounts whose platform has credits, with the tasks that wait for them and whether a check is open.
_TO_POLL = text(
    f"""
    SELECT a.id, a.workspace_id, a.platform, a.handle, a.transport, a.created_at, h.name AS host,
           (SELECT max(t.created_at) FROM tasks t WHERE t.wake_key = 'credits:' || a.id) AS waiting_since,
           (SELECT max(t.finished_at) FROM tasks t
            WHERE t.account_id = a.id AND t.status = 'failed' AND t.type IN ({READS_CREDITS})) AS failed_at,
           {LEDGERS.format(accounts="ARRAY[a.id]")} AS credits
    FROM accounts a LEFT JOIN hosts h ON h.id = a.host_id
    WHERE (a.state = 'connected' OR a.state_until <= clock_timestamp())
      AND (a.platform || ' ' || a.transport) = ANY (:ways) AND NOT EXISTS (
        SELECT FROM tasks t WHERE t.account_id = a.id AND t.type IN ({READS_CREDITS})
          AND t.status IN ('scheduled', 'pending', 'queued', 'running'))
    ORDER BY a.id LIMIT 1000
    """
).bindparams(bindparam("ways", type_=ARRAY(Text)))

_OPEN_CHECK = text(
    f"""
    SELECT id FROM tasks WHERE account_id = :account AND type IN ({READS_CREDITS}) AND status IN ('pending', 'queued')
    ORDER BY id LIMIT 1
    """
)

_ADD_RUN = text(
    """
    INSERT INTO runs (id, workspace_id, kind, name, account_id, when_credits)
    VALUES (:id, :workspace_id, :kind, :name, :account_id, :when_credits)
    """
)


@dataclass(frozen=True, slots=True)
class Need:
    """The credits that a task still needs before it begins; `queue` says that an earlier one waits for credits."""

    amount: int
    at_least: int
    queue: bool


def read(found: Iterable[Mapping[str, Any]] | None) -> dict[UUID, Ledger]:
    """Return ledgers by account, from the JSON of `LEDGERS`; an account whose page was never read is not among them."""
    return {UUID(row["account_id"]): _ledger(row) for row in found or ()}


async def ledgers(connection: AsyncConnection, accounts: Sequence[UUID]) -> tuple[datetime, dict[UUID, Ledger]]:
    """Return the present instant, on PostgreSQL's clock, and the ledgers of these accounts."""
    row = (await connection.execute(_LEDGERS, {"accounts": sorted(set(accounts))})).one()
    return row.now, read(row.credits)


async def needs(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Need]:
    """Return what each of these tasks still needs."""
    rows = (await connection.execute(_NEEDS, {"ids": sorted(ids)})).all() if ids else ()
    return {row.id: Need(int(row.amount), row.at_least, queue=row.queue) for row in rows}


async def lock_runs(connection: AsyncConnection, runs: Iterable[UUID]) -> set[UUID]:
    """Lock all tasks of these runs; return the runs of which every task could be locked."""
    wanted = sorted(set(runs))
    return set((await connection.execute(_HOLD_RUNS, {"runs": wanted})).scalars()) if wanted else set()


async def lock(connection: AsyncConnection, accounts: Iterable[UUID]) -> None:
    """Lock the credits of these accounts; after tasks and before the event counter."""
    await connection.execute(_LOCK, {"accounts": sorted(set(accounts))})


async def reserve(connection: AsyncConnection, task: UUID, run: UUID | None) -> int:
    """Reserve a task's credits, and those of every part of its run, and wake those parts; return how many tasks got some.

    The tasks are locked.
    """
    promised = int((await connection.execute(_RESERVE, {"task": task, "run": run})).rowcount)
    if run is not None:
        await connection.execute(_WAKE_PARTS, {"run": run})
    return promised


async def forget_old(connection: AsyncConnection, days: int, limit: int) -> int:
    """Remove observations older than `days` days, at most `limit`; return how many.

    Those that still decide something stay: of each account the last, the last readable one, and the last 20 that
    found more than before.
    """
    return int((await connection.execute(_FORGET_OLD, {"days": days, "limit": limit})).rowcount)


async def spend(connection: AsyncConnection, task: UUID) -> None:
    """Mark a task's credits as spent: its order has reached the platform, whatever becomes of it."""
    await connection.execute(_SPEND, {"task": task})


async def let_go(connection: AsyncConnection, task: UUID) -> None:
    """Release what was reserved for a task, which needs none any more: another account does its work."""
    await connection.execute(_LET_GO, {"task": task})


async def newest_known(connection: AsyncConnection, account: UUID) -> Observation | None:
    """Return the last observation that could be read."""
    table = CreditObservation
    query = select(table).where(table.account_id == account, table.known).order_by(table.id.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return row and Observation(row.known, row.free, row.paid, row.refreshes_at, row.checked_at)


async def observe(connection: AsyncConnection, observed: Mapping[str, Any]) -> None:
    """Store an observation; see the columns of `credit_observations`."""
    await connection.execute(_OBSERVE, dict(observed))


async def to_poll(connection: AsyncConnection, ways: Iterable[tuple[str, str]]) -> Sequence[Row[Any]]:
    """Return connected accounts over these (platform, transport) without an open check."""
    named = sorted(" ".join(way) for way in ways)
    return (await connection.execute(_TO_POLL, {"ways": named})).all()


async def open_check(connection: AsyncConnection, account: UUID) -> UUID | None:
    """Return the open check of an account's page, if there is one."""
    return (await connection.execute(_OPEN_CHECK, {"account": account})).scalar_one_or_none()


async def add_run(
    connection: AsyncConnection, *, workspace: UUID, kind: str, name: str, account: UUID | None, when_credits: int
) -> UUID:
    """Store a run; return its id."""
    run = new_id()
    values = {"id": run, "workspace_id": workspace, "kind": kind, "name": name, "account_id": account}
    await connection.execute(_ADD_RUN, values | {"when_credits": when_credits})
    return run


def _ledger(row: Mapping[str, Any]) -> Ledger:
    seen = row["seen"]
    return Ledger(
        seen=Observation(seen["known"], seen["free"], seen["paid"], _instant(seen["refreshes_at"]), _at(seen["checked_at"])),
        reservations=tuple(Reservation(n, state, _instant(settled)) for n, state, settled in row["reservations"] or ()),
        refreshes=tuple(sorted(map(_at, row["refreshes"] or ()))),
    )


def _at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def _instant(instant: str | None) -> datetime | None:
    return None if instant is None else _at(instant)
