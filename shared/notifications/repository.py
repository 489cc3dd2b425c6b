"""How are notifications stored, and how do events become messages to people: one for each cause in an hour?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from shared.db import events
from shared.db.models import Notice, Notification
from shared.db.rows import columns_of, row_of, row_or_none, rows_of


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """A notification, and the result of its last message. `target` is encrypted."""

    id: UUID
    workspace_id: UUID
    name: str
    target: str
    shown: str
    types: list[str]
    state: str
    created_at: datetime
    last_state: str | None
    last_error: str | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One message to people."""

    id: UUID
    cause: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedNotice:
    """A message to be sent now, with its event; a test has none."""

    id: UUID
    workspace_id: UUID
    tries: int
    created_at: datetime
    notification_id: UUID
    target: str
    now: datetime
    type: str | None
    data: dict[str, Any] | None
    task_id: UUID | None


_SHOWN = """
    SELECT n.id, n.workspace_id, n.name, n.target, n.shown, n.types, n.state, n.created_at,
           l.state AS last_state, l.last_error, l.at AS last_at
    FROM notifications n LEFT JOIN LATERAL (
        SELECT state, last_error, coalesce(finished_at, created_at) AS at FROM notices
        WHERE notification_id = n.id ORDER BY created_at DESC LIMIT 1) l ON true
"""
_PAGE = text(f"{_SHOWN} WHERE CAST(:before AS uuid) IS NULL OR n.id < :before ORDER BY n.id DESC LIMIT :limit")
_ONE = text(f"{_SHOWN} WHERE n.id = :id FOR NO KEY UPDATE OF n")

_FAN_OUT = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT n.id, n.workspace_id, n.types, n.cursor, least(c.seq, n.cursor + :most) AS upto
        FROM notifications n JOIN event_counters c USING (workspace_id)
        WHERE n.state = 'active' AND c.seq > n.cursor ORDER BY n.id LIMIT 200 FOR NO KEY UPDATE OF n SKIP LOCKED
    ),
    caused AS (
        SELECT h.workspace_id, h.id AS notification_id, one.seq,
               concat_ws('/', e.type, e.data ->> 'platform', e.data ->> 'account', e.data ->> 'lane',
                         e.data ->> 'webhook') AS cause
        FROM held h JOIN task_events e
             ON e.workspace_id = h.workspace_id AND e.seq > h.cursor AND e.seq < h.upto + {events.LARGEST_GROUP}
             {events.EACH}
        WHERE one.seq > h.cursor AND one.seq <= h.upto AND e.type = ANY (h.types)
    ),
    news AS (SELECT DISTINCT ON (notification_id, cause) * FROM caused ORDER BY notification_id, cause, seq),
    made AS (
        INSERT INTO notices (id, workspace_id, notification_id, seq, cause)
        SELECT gen_random_uuid(), n.workspace_id, n.notification_id, n.seq, n.cause FROM news n
        WHERE NOT EXISTS (
            SELECT FROM notices x WHERE x.notification_id = n.notification_id AND x.cause = n.cause
              AND x.created_at > clock_timestamp() - interval '1 hour')
    )
    UPDATE notifications n SET cursor = h.upto FROM held h WHERE n.id = h.id
    """
)

_CLAIM = text(
    f"""
    WITH due AS MATERIALIZED (
        SELECT x.id, x.seq, n.id AS notification_id, n.target FROM notices x JOIN notifications n ON n.id = x.notification_id
        WHERE x.state = 'pending' AND x.next_at <= (SELECT clock_timestamp()) AND n.id <> ALL (:busy)
          AND (n.state = 'active' OR x.seq IS NULL)
        ORDER BY x.next_at LIMIT :limit FOR NO KEY UPDATE OF x SKIP LOCKED
    ),
    claimed AS (
        UPDATE notices x SET tries = x.tries + 1, next_at = clock_timestamp() + make_interval(secs => :lease)
        FROM due WHERE x.id = due.id RETURNING x.id, x.workspace_id, x.tries, x.created_at
    )
    SELECT c.*, due.notification_id, due.target, clock_timestamp() AS now, e.type, e.data, e.task_id
    FROM claimed c JOIN due ON due.id = c.id
         LEFT JOIN LATERAL ({events.NUMBERED.format(workspace="c.workspace_id", seq="due.seq")}) e ON true
    """
).bindparams(bindparam("busy", type_=ARRAY(Uuid)))

_NOTE = text(
    """
    UPDATE notices SET last_error = :error, next_at = coalesce(:next_at, next_at), state = :state,
           finished_at = CASE WHEN CAST(:state AS text) <> 'pending' THEN clock_timestamp() END
    WHERE id = :id AND state = 'pending'
    """
)


async def page(connection: AsyncConnection, *, before: UUID | None, limit: int) -> list[NotificationRow]:
    """Return the workspace's notifications with the result of their last message, newest first."""
    return rows_of(NotificationRow, await connection.execute(_PAGE, {"before": before, "limit": limit}))


async def find(connection: AsyncConnection, notification: UUID) -> NotificationRow | None:
    """Return one notification, locked until the transaction ends."""
    return row_or_none(NotificationRow, await connection.execute(_ONE, {"id": notification}))


async def count(connection: AsyncConnection) -> int:
    """Return how many the workspace has."""
    return int((await connection.execute(text("SELECT count(*) FROM notifications"))).scalar_one())


async def is_any(connection: AsyncConnection) -> bool:
    """Return whether any workspace has one."""
    return bool((await connection.execute(text("SELECT EXISTS (SELECT FROM notifications)"))).scalar_one())


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Store a notification."""
    await connection.execute(insert(Notification).values(**row))


async def change(connection: AsyncConnection, notification: UUID, changes: Mapping[str, Any]) -> None:
    """Set columns of a notification."""
    await connection.execute(update(Notification).where(Notification.id == notification).values(**changes))


async def remove(connection: AsyncConnection, notification: UUID) -> None:
    """Remove a notification with its messages."""
    await connection.execute(text("DELETE FROM notifications WHERE id = :id"), {"id": notification})


async def add_test(connection: AsyncConnection, row: Mapping[str, Any]) -> NoticeRow:
    """Store a message about no event."""
    statement = insert(Notice).values(**row).returning(*columns_of(Notice, NoticeRow))
    return row_of(NoticeRow, await connection.execute(statement))


async def tests_waiting(connection: AsyncConnection, notification: UUID) -> int:
    """Return how many test messages have not been sent yet."""
    query = select(Notice.id).where(Notice.notification_id == notification, Notice.seq.is_(None), Notice.state == "pending")
    return len((await connection.execute(query)).all())


async def fan_out(connection: AsyncConnection, most: int) -> None:
    """Make messages of the events that each active notification has not seen; a cause is reported once in an hour."""
    await connection.execute(_FAN_OUT, {"most": most})


async def claim(connection: AsyncConnection, *, busy: Sequence[UUID], limit: int, lease_s: float) -> list[ClaimedNotice]:
    """Take due messages with their events, for notifications that are not busy."""
    values = {"busy": list(busy), "limit": limit, "lease": lease_s}
    return rows_of(ClaimedNotice, await connection.execute(_CLAIM, values))


async def note(
    connection: AsyncConnection, notice: UUID, *, state: str, error: str | None = None, next_at: datetime | None = None
) -> None:
    """Store the result of one try."""
    await connection.execute(_NOTE, {"id": notice, "state": state, "error": error, "next_at": next_at})
