"""How is the database's last known state stored, and what may have been done in a span that it has lost?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from shared.db.events import APPEND, MOVED, TASK_ENTRY
from shared.engine.store.scopes import PAUSE_EVERYTHING
from shared.ids import SYSTEM_WORKSPACE

# The beginning of the reason for which everything is paused.
PAUSED_AS = "PostgreSQL came back from an earlier state"
_TURN = 0x63616C6D  # one dispatcher at a time compares
# This many ids of attempts are skipped: more than were used in any span that can be lost.
_IDS_LEFT_OUT = 1_000_000

_TIMELINE = "left(pg_walfile_name(pg_current_wal_lsn()), 8)"

# Whether this start of the server, on this timeline, was compared with the note, and all that may have acted in a lost
# span is marked. Before the first note there is nothing to compare with.
COMPARED = f"""(
    (NOT EXISTS (SELECT FROM database_notes)
     OR EXISTS (SELECT FROM database_notes WHERE server_started_at = pg_postmaster_start_time() AND timeline = {_TIMELINE}))
    AND NOT EXISTS (SELECT FROM database_losses WHERE marked_at IS NULL)) AS compared"""

# The position on disk, not the written one: after a crash PostgreSQL goes on from there.
_FIND = text(
    f"""
    SELECT c.system_identifier, {_TIMELINE} AS timeline, (pg_current_wal_flush_lsn() - '0/0')::bigint AS lsn,
           clock_timestamp() AS now, n.number, n.token, n.noted_at
    FROM pg_control_system() c LEFT JOIN database_notes n ON n.place = :place
    """
)

_NOTE = text(
    f"""
    INSERT INTO database_notes AS n (place, number, token, timeline, server_started_at)
    VALUES (:place, :number + 1, :token, {_TIMELINE}, pg_postmaster_start_time())
    ON CONFLICT (place) DO UPDATE SET
        number = greatest(n.number, :number) + 1, token = excluded.token, timeline = excluded.timeline,
        server_started_at = excluded.server_started_at, noted_at = clock_timestamp()
    RETURNING number, noted_at
    """
)

_FOUND_SINCE = text("SELECT EXISTS (SELECT FROM database_losses WHERE found_at > :instant)")
_LOSE = text("INSERT INTO database_losses (since, until, reason) VALUES (:since, :until, :reason)")
_LEAVE_IDS_OUT = text("SELECT setval('attempts_id_seq', coalesce((SELECT max(id) FROM attempts), 0) + :more)")
_TELL = text(
    f"""
    WITH entries AS (
        SELECT id AS workspace_id, CAST(NULL AS uuid) AS task_id, kind AS type,
               jsonb_build_object('key', 'all', 'gate', 'system', 'reason', CAST(:reason AS text)) AS data
        FROM workspaces CROSS JOIN unnest(ARRAY['scope.parked', 'system.paused']) k(kind) WHERE id <> :system
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)

# Whatever was due may have been released and done. Tasks in a line are looked up at once; tasks that wait for a fact, for
# approval or for a replay, or are running, are looked up when their turn comes. A task that was stored in the lost span or
# after it is doubted since then: its own key proves nothing, as it may repeat a task that was lost.
_MARK = text(
    f"""
    WITH loss AS MATERIALIZED (
        SELECT id, found_at, since FROM database_losses WHERE marked_at IS NULL ORDER BY id LIMIT 1
    ),
    held AS MATERIALIZED (
        SELECT t.id, CASE WHEN t.created_at >= l.since THEN t.created_at ELSE l.found_at END AS doubted_at,
               t.status IN ('scheduled', 'pending', 'queued') AND t.wake_key IS NULL AND NOT t.unfilled AS looks
        FROM loss l JOIN tasks t ON t.status IN ('awaiting_approval', 'scheduled', 'pending', 'queued', 'running', 'failed')
        WHERE t.account_id IS NOT NULL AND t.type = ANY (:types) AND NOT t.acted
          AND CASE t.status WHEN 'scheduled' THEN t.not_before ELSE t.due_at END <= l.found_at
          AND coalesce(t.doubted_at, '-infinity')
              < CASE WHEN t.created_at >= l.since THEN t.created_at ELSE l.found_at END
        ORDER BY t.id LIMIT :limit FOR NO KEY UPDATE OF t
    ),
    noted AS (UPDATE tasks t SET doubted_at = held.doubted_at FROM held WHERE t.id = held.id AND NOT held.looks),
    moved AS (
        UPDATE tasks t SET doubted_at = held.doubted_at, status = 'unknown', verify_at = clock_timestamp(),
               verify_released = false,
               error = jsonb_build_object('code', 'outcome_unknown', 'message', CAST(:message AS text))
        FROM held WHERE t.id = held.id AND held.looks RETURNING {MOVED}
    ),
    counted_in AS (
        UPDATE database_losses d SET tasks = d.tasks + (SELECT count(*) FROM held),
               marked_at = CASE WHEN NOT EXISTS (SELECT FROM held) THEN clock_timestamp() END
        FROM loss WHERE d.id = loss.id RETURNING d.marked_at
    ),
    entries AS ({TASK_ENTRY}), {APPEND}
    SELECT (SELECT count(*) FROM held) AS marked, (SELECT count(*) FROM counted_in), (SELECT count(*) FROM appended)
    """
).bindparams(bindparam("types", type_=ARRAY(Text)))
_IN_DOUBT = "PostgreSQL came back from an earlier state: whether this was done in the span that it lost is looked for."

# A task that is created while everything is paused may have been done before, under an id that is lost.
_MARK_NEW = text(
    f"""
    WITH loss AS MATERIALIZED (SELECT since FROM database_losses ORDER BY id DESC LIMIT 1),
    held AS MATERIALIZED (
        SELECT t.id, t.status IN ('scheduled', 'pending', 'queued') AND t.wake_key IS NULL AND NOT t.unfilled AS looks
        FROM loss l JOIN scopes s ON s.key = 'all' AND s.gate = 'system' AND starts_with(s.reason, :paused_as)
        JOIN tasks t ON t.workspace_id = s.workspace_id
          AND t.status IN ('awaiting_approval', 'scheduled', 'pending', 'queued', 'running')
        WHERE t.created_at >= l.since AND t.doubted_at IS NULL AND t.account_id IS NOT NULL AND t.type = ANY (:types)
          AND NOT t.acted AND CASE t.status WHEN 'scheduled' THEN t.not_before ELSE t.due_at END <= clock_timestamp()
        ORDER BY t.id LIMIT :limit FOR NO KEY UPDATE OF t
    ),
    noted AS (UPDATE tasks t SET doubted_at = t.created_at FROM held WHERE t.id = held.id AND NOT held.looks),
    moved AS (
        UPDATE tasks t SET doubted_at = t.created_at, status = 'unknown', verify_at = clock_timestamp(),
               verify_released = false,
               error = jsonb_build_object('code', 'outcome_unknown', 'message', CAST(:message AS text))
        FROM held WHERE t.id = held.id AND held.looks RETURNING {MOVED}
    ),
    entries AS ({TASK_ENTRY}), {APPEND}
    SELECT (SELECT count(*) FROM held) AS marked, (SELECT count(*) FROM appended)
    """
).bindparams(bindparam("types", type_=ARRAY(Text)))
_DOUBT_NEW = text(
    """
    UPDATE tasks t SET doubted_at = t.created_at
    FROM (SELECT since FROM database_losses ORDER BY id DESC LIMIT 1) l
    WHERE t.workspace_id = :workspace AND t.created_at >= l.since AND t.doubted_at IS NULL AND t.account_id IS NOT NULL
      AND t.type = ANY (:types) AND NOT t.acted
      AND t.status IN ('awaiting_approval', 'scheduled', 'pending', 'queued', 'running')
      AND CASE t.status WHEN 'scheduled' THEN t.not_before ELSE t.due_at END <= clock_timestamp()
    """
).bindparams(bindparam("types", type_=ARRAY(Text)))

_HOLDS = text(
    "SELECT EXISTS (SELECT FROM scopes WHERE workspace_id = :workspace AND key = 'all' AND gate = 'system'"
    " AND starts_with(reason, :paused_as))"
)


async def take_turn(connection: AsyncConnection) -> None:
    """Lock other dispatchers out of comparing until this transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TURN})


async def find(connection: AsyncConnection, place: UUID) -> Row[Any]:
    """Return the server's present state, and its note of a home: number, token and noted_at are None without one."""
    return (await connection.execute(_FIND, {"place": place})).one()


async def note(connection: AsyncConnection, place: UUID, number: int) -> tuple[int, UUID, datetime]:
    """Store this server as compared, with a number above `number`; return the number, the token and the instant."""
    token = uuid4()
    row = (await connection.execute(_NOTE, {"place": place, "number": number, "token": token})).one()
    return row.number, token, row.noted_at


async def found_since(connection: AsyncConnection, instant: datetime) -> bool:
    """Return whether a loss was found after that instant: it covers what was noted by then."""
    return bool((await connection.execute(_FOUND_SINCE, {"instant": instant})).scalar_one())


async def lose(connection: AsyncConnection, *, since: datetime, until: datetime, what: str) -> str:
    """Store a loss, pause every workspace and report it; return the reason that everybody reads.

    Ends its transaction.
    """
    reason = (
        f"{PAUSED_AS} ({what}): what was written between {since:%Y-%m-%d %H:%M:%S} and {until:%Y-%m-%d %H:%M:%S} UTC may be"
        " gone. `callsheet doctor` says what to do"
    )
    await connection.execute(_LOSE, {"since": since, "until": until, "reason": what})
    await connection.execute(_LEAVE_IDS_OUT, {"more": _IDS_LEFT_OUT})
    held = {"reason": reason, "system": SYSTEM_WORKSPACE}
    await connection.execute(text(PAUSE_EVERYTHING), held)
    await connection.execute(_TELL, held)
    return reason


async def mark(connection: AsyncConnection, types: Sequence[str], limit: int) -> int:
    """Mark the next tasks that may have acted in a lost span, at most so many; return how many there were.

    With none left the loss is marked. The last statement of its transaction.
    """
    values = {"types": list(types), "limit": limit, "message": _IN_DOUBT}
    return int((await connection.execute(_MARK, values)).one().marked)


async def is_unmarked(connection: AsyncConnection) -> bool:
    """Return whether tasks are still to be marked."""
    query = text("SELECT EXISTS (SELECT FROM database_losses WHERE marked_at IS NULL)")
    return bool((await connection.execute(query)).scalar_one())


async def is_held(connection: AsyncConnection, workspace: UUID) -> bool:
    """Return whether a workspace is paused because of a loss."""
    values = {"workspace": workspace, "paused_as": PAUSED_AS}
    return bool((await connection.execute(_HOLDS, values)).scalar_one())


async def found_at(connection: AsyncConnection) -> datetime:
    """Return when the newest loss was found."""
    query = text("SELECT found_at FROM database_losses ORDER BY id DESC LIMIT 1")
    instant: datetime = (await connection.execute(query)).scalar_one()
    return instant


async def any_held(connection: AsyncConnection) -> bool:
    """Return whether any workspace is paused because of a loss."""
    query = text(
        "SELECT EXISTS (SELECT FROM scopes WHERE key = 'all' AND gate = 'system' AND starts_with(reason, :paused_as))"
    )
    return bool((await connection.execute(query, {"paused_as": PAUSED_AS})).scalar_one())


async def mark_new(connection: AsyncConnection, types: Sequence[str], limit: int) -> int:
    """Have tasks looked up that were created since the loss where everything is still paused; return how many.

    The last statement of its transaction.
    """
    values = {"types": list(types), "limit": limit, "message": _IN_DOUBT, "paused_as": PAUSED_AS}
    return int((await connection.execute(_MARK_NEW, values)).one().marked)


async def doubt_new(connection: AsyncConnection, workspace: UUID, types: Sequence[str]) -> None:
    """Have tasks looked up first that were created since the loss, and are due."""
    await connection.execute(_DOUBT_NEW, {"workspace": workspace, "types": list(types)})
