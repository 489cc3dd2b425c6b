"""Who wants the system asleep or awake, and which due work would wake it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import APPEND, as_json
from shared.db.models import Sleep, Wake
from shared.db.rows import columns_of, row_of, rows_of
from shared.engine.rules.sleep import Decision, Due
from shared.engine.store.limits.credits import READS_CREDITS
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class SleepRow:
    """Whether the system sleeps. Asked for and not asleep is falling asleep; asleep and not asked for is waking."""

    asked_at: datetime | None
    asked_by: str | None
    asked_in: UUID | None
    asleep_since: datetime | None
    wakes_at: datetime | None
    trigger: str | None


@dataclass(frozen=True, slots=True)
class WakeRow:
    """An instant at which somebody wants the system awake, and what for."""

    id: UUID
    at: datetime
    trigger: str


@dataclass(frozen=True, slots=True)
class CreditWait:
    """An account for whose credits tasks wait: since when, and when reading them failed last."""

    id: UUID
    created_at: datetime
    waiting_since: datetime
    failed_at: datetime | None


_OWN = columns_of(Sleep, SleepRow)

_ASK = text(
    "UPDATE sleep SET asked_at = coalesce(asked_at, clock_timestamp()), asked_by = coalesce(asked_by, :by),"
    " asked_in = CASE WHEN asked_by IS NULL THEN CAST(:workspace AS uuid) ELSE asked_in END"
)
# A row that is awake already is not touched, so that a visit costs one read.
_CALL_OFF = text(
    "UPDATE sleep SET asked_at = NULL, asked_by = NULL, asked_in = NULL, wakes_at = NULL, trigger = :trigger"
    " WHERE asked_at IS NOT NULL AND (asleep_since IS NOT NULL OR NOT :only_asleep) RETURNING 1"
)

# What is on a lane, and what is still to be looked up on a platform.
_IN_FLIGHT = text(
    """
    SELECT (SELECT count(*) FROM tasks WHERE status IN ('queued', 'running') AND batch_id IS NULL)
         + (SELECT count(*) FROM batches)
         + (SELECT count(*) FROM tasks WHERE status = 'unknown' AND verify_at IS NOT NULL)
    """
)

# What becomes due by itself; lines of waiting tasks are asked apart, by their gates.
_DUE = text(
    """
    SELECT min(not_before) AS at, 'scheduled' AS trigger, CAST(NULL AS uuid) AS whose, '' AS what
    FROM tasks WHERE status = 'scheduled'
    UNION ALL SELECT min(next_at), 'schedule', NULL, '' FROM schedules
    UNION ALL SELECT min(s.opens_at), 'scope', NULL, '' FROM scopes s
              WHERE EXISTS (SELECT FROM tasks t WHERE t.wake_key = s.key)
    UNION ALL SELECT w.at, 'wake', w.workspace_id, w.trigger FROM (SELECT * FROM wakes ORDER BY at, id LIMIT 1) w
    """
)

_WAIT_FOR_CREDITS = text(
    f"""
    SELECT a.id, a.created_at, max(t.created_at) AS waiting_since,
           (SELECT max(c.finished_at) FROM tasks c
            WHERE c.account_id = a.id AND c.status = 'failed' AND c.type IN ({READS_CREDITS})) AS failed_at
    FROM tasks t JOIN accounts a ON a.id = t.account_id
    WHERE starts_with(t.wake_key, 'credits:') GROUP BY a.id
    """
)

_SUBMITTED = text(
    "SELECT EXISTS (SELECT FROM tasks t, sleep s WHERE t.status = 'pending' AND t.wake_key IS NULL"
    " AND t.created_at > s.asleep_since)"
)

_FALL_ASLEEP = text(
    "UPDATE sleep SET asleep_since = coalesce(asleep_since, clock_timestamp()), wakes_at = :wakes_at"
    " WHERE (asleep_since IS NULL OR wakes_at IS DISTINCT FROM :wakes_at)"
)
_STAY_AWAKE = text("UPDATE sleep SET wakes_at = :due_at WHERE wakes_at IS DISTINCT FROM :due_at")
_WAKE = text(
    "UPDATE sleep SET asked_at = NULL, asked_by = NULL, asked_in = NULL, asleep_since = NULL, wakes_at = NULL,"
    " trigger = :trigger"
)
_FORGET_PASSED = text("DELETE FROM wakes WHERE at <= clock_timestamp()")

# Every workspace gets it: its people read only its own stream. What a client has named is told to its
# own workspace alone.
_SAY = text(
    f"""
    WITH entries AS (
        SELECT id AS workspace_id, CAST(NULL AS uuid) AS task_id, CAST(:kind AS text) AS type,
               CAST(:data AS jsonb) || CASE WHEN id = CAST(:whose AS uuid)
                   THEN jsonb_build_object('trigger', CAST(:what AS text)) ELSE '{{}}' END AS data
        FROM workspaces
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)


async def find(connection: AsyncConnection) -> SleepRow:
    """Return the one row."""
    return row_of(SleepRow, await connection.execute(select(*_OWN)))


async def is_asleep(connection: AsyncConnection) -> bool:
    """Return whether the system sleeps."""
    return bool((await connection.execute(select(Sleep.asleep_since))).scalar_one())


async def lock(connection: AsyncConnection) -> SleepRow:
    """Return the one row, locked until the transaction ends."""
    return row_of(SleepRow, await connection.execute(select(*_OWN).with_for_update(key_share=True)))


async def ask(connection: AsyncConnection, workspace: UUID, by: str) -> None:
    """Ask the system to sleep; an earlier request stays."""
    await connection.execute(_ASK, {"workspace": workspace, "by": by})


async def call_off(connection: AsyncConnection, trigger: str, *, only_asleep: bool = False) -> bool:
    """Withdraw the request to sleep; with `only_asleep` only if it sleeps by now. Return whether anything changed."""
    values = {"trigger": trigger, "only_asleep": only_asleep}
    return (await connection.execute(_CALL_OFF, values)).scalar_one_or_none() is not None


async def in_flight(connection: AsyncConnection) -> int:
    """Return how many tasks are released, running, or to be looked up; of those that can be seen."""
    return int((await connection.execute(_IN_FLIGHT)).scalar_one())


async def due(connection: AsyncConnection) -> list[Due]:
    """Return what will be due by itself, the first of each kind."""
    rows = (await connection.execute(_DUE)).all()
    return [Due(row.at, row.trigger, row.whose, row.what) for row in rows if row.at is not None]


async def waiting_for_credits(connection: AsyncConnection) -> list[CreditWait]:
    """Return the accounts for whose credits tasks wait, with what `next_look` wants to know."""
    return rows_of(CreditWait, await connection.execute(_WAIT_FOR_CREDITS))


async def was_submitted(connection: AsyncConnection) -> bool:
    """Return whether a waiting task came after the system fell asleep."""
    return bool((await connection.execute(_SUBMITTED)).scalar_one())


async def fall_asleep(connection: AsyncConnection, wakes_at: datetime | None) -> None:
    """Record that the system sleeps, and until when."""
    await connection.execute(_FALL_ASLEEP, {"wakes_at": wakes_at})


async def stay_awake(connection: AsyncConnection, due_at: datetime | None) -> None:
    """Record what is due next, for which the system does not fall asleep yet."""
    await connection.execute(_STAY_AWAKE, {"due_at": due_at})


async def wake(connection: AsyncConnection, trigger: str) -> None:
    """Record that it is awake, and what woke it."""
    await connection.execute(_FORGET_PASSED)
    await connection.execute(_WAKE, {"trigger": trigger})


async def say(connection: AsyncConnection, decision: Decision) -> None:
    """Append the event of a sleep or of its end, in every workspace; the last statement of its transaction."""
    kind = "system.sleeping" if decision.asleep else "system.running"
    data = {"wakes_at": decision.wakes_at} if decision.asleep else {"trigger": decision.trigger}
    by = decision.woken_by
    whose = {"whose": by.whose if by else None, "what": by.what if by else ""}
    await connection.execute(_SAY, {"kind": kind, "data": as_json(data)} | whose)


async def add_wake(connection: AsyncConnection, workspace: UUID, at: datetime, trigger: str) -> UUID:
    """Store an instant at which the system is to be awake; the workspace's past ones are removed."""
    await connection.execute(_FORGET_PASSED)
    wake_id = new_id()
    values = {"id": wake_id, "workspace_id": workspace, "at": at, "trigger": trigger}
    await connection.execute(insert(Wake).values(**values))
    return wake_id


async def wakes(connection: AsyncConnection, limit: int) -> list[WakeRow]:
    """Return the next wakes that can be seen."""
    query = select(*columns_of(Wake, WakeRow)).where(Wake.at > text("clock_timestamp()"))
    return rows_of(WakeRow, await connection.execute(query.order_by(Wake.at, Wake.id).limit(limit)))


async def count_wakes(connection: AsyncConnection) -> int:
    """Return how many wakes are ahead, of those that can be seen."""
    query = text("SELECT count(*) FROM wakes WHERE at > clock_timestamp()")
    return int((await connection.execute(query)).scalar_one())
