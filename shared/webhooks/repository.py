"""How are webhooks stored, and how do events become deliveries, each once?"""

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
from shared.db.models import Webhook, WebhookDelivery
from shared.db.rows import columns_of, row_of, row_or_none, rows_of


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook, without its secret."""

    id: UUID
    url: str
    types: list[str]
    state: str
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """An event on its way to a webhook."""

    id: UUID
    seq: int
    state: str
    tries: int
    next_at: datetime
    last_status: int | None
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery to be sent now, with its event and its webhook."""

    id: UUID
    workspace_id: UUID
    tries: int
    since: datetime
    webhook_id: UUID
    url: str
    secret: str
    now: datetime
    seq: int
    type: str
    time: datetime
    task_id: UUID | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DisabledWebhook:
    """A webhook that has failed for too long."""

    workspace_id: UUID
    id: UUID
    url: str


_WEBHOOK, _DELIVERY = columns_of(Webhook, WebhookRow), columns_of(WebhookDelivery, DeliveryRow)

# The numbers of a workspace's events have no gaps and follow the commits, so up to the counter nothing is missing.
_FAN_OUT = text(
    f"""
    WITH held AS MATERIALIZED (
        SELECT w.id, w.workspace_id, w.types, w.cursor, least(c.seq, w.cursor + :most) AS upto
        FROM webhooks w JOIN event_counters c USING (workspace_id)
        WHERE w.state = 'active' AND c.seq > w.cursor ORDER BY w.id LIMIT 200 FOR NO KEY UPDATE OF w SKIP LOCKED
    ),
    made AS (
        INSERT INTO webhook_deliveries (id, workspace_id, webhook_id, seq)
        SELECT gen_random_uuid(), h.workspace_id, h.id, one.seq
        FROM held h JOIN task_events e
             ON e.workspace_id = h.workspace_id AND e.seq > h.cursor AND e.seq < h.upto + {events.LARGEST_GROUP}
             {events.EACH}
        WHERE one.seq > h.cursor AND one.seq <= h.upto AND (cardinality(h.types) = 0 OR e.type = ANY (h.types))
        ON CONFLICT (webhook_id, seq) DO NOTHING
    )
    UPDATE webhooks w SET cursor = h.upto FROM held h WHERE w.id = h.id
    """
)

# A claim is a date in the future: after a crash it is tried again after the lease. `busy` names a webhook once for each
# delivery that is being sent; one that fails is tried with one delivery at a time, and pauses in between.
_CLAIM = text(
    f"""
    WITH due AS MATERIALIZED (
        SELECT d.id, d.seq, w.id AS webhook_id, w.url, w.secret
        FROM webhooks w CROSS JOIN LATERAL (
            SELECT id, seq FROM webhook_deliveries
            WHERE webhook_id = w.id AND state = 'pending' AND next_at <= (SELECT clock_timestamp())
            ORDER BY next_at, seq LIMIT greatest(0, CASE WHEN w.failing_since IS NULL THEN CAST(:each AS int) ELSE 1 END
                                                    - cardinality(array_positions(:busy, w.id)))
            FOR NO KEY UPDATE SKIP LOCKED
        ) d
        WHERE w.state = 'active' AND (w.failing_since IS NOT NULL) = :failing
          AND (w.rests_until IS NULL OR w.rests_until <= clock_timestamp()) LIMIT :limit
    ),
    claimed AS (
        UPDATE webhook_deliveries d SET tries = d.tries + 1, next_at = clock_timestamp() + make_interval(secs => :lease)
        FROM due WHERE d.id = due.id RETURNING d.id, d.workspace_id, d.tries, d.since
    )
    SELECT c.id, c.workspace_id, c.tries, c.since, due.webhook_id, due.url, due.secret, clock_timestamp() AS now,
           e.seq, e.type, e.time, e.task_id, e.data
    FROM claimed c JOIN due ON due.id = c.id
         CROSS JOIN LATERAL ({events.NUMBERED.format(workspace="c.workspace_id", seq="due.seq")}) e
    """
).bindparams(bindparam("busy", type_=ARRAY(Uuid)))

_TAKEN = text(
    """
    WITH taken AS (
        UPDATE webhook_deliveries SET state = 'delivered', last_status = :status, last_error = NULL,
               finished_at = clock_timestamp()
        WHERE id = :id AND state = 'pending' RETURNING webhook_id
    )
    UPDATE webhooks w SET failing_since = NULL, rests_until = NULL FROM taken
    WHERE w.id = taken.webhook_id AND w.failing_since IS NOT NULL
    """
)

_REFUSED = text(
    """
    WITH refused AS (
        UPDATE webhook_deliveries SET last_status = :status, last_error = :error,
               state = CASE WHEN CAST(:next_at AS timestamptz) IS NULL THEN 'dead' ELSE 'pending' END,
               next_at = coalesce(:next_at, next_at),
               finished_at = CASE WHEN CAST(:next_at AS timestamptz) IS NULL THEN clock_timestamp() END
        WHERE id = :id AND state = 'pending' RETURNING webhook_id
    ),
    failing AS (
        UPDATE webhooks w SET failing_since = coalesce(w.failing_since, clock_timestamp()),
               rests_until = greatest(CAST(:rests_until AS timestamptz), clock_timestamp() + least(interval '5 minutes',
                             interval '1 second' + coalesce(clock_timestamp() - w.failing_since, interval '0') / 10)),
               state = CASE WHEN :gone OR w.failing_since < clock_timestamp() - make_interval(secs => :give_up)
                            THEN 'disabled' ELSE w.state END
        FROM refused WHERE w.id = refused.webhook_id AND w.state = 'active' RETURNING w.workspace_id, w.id, w.url, w.state
    )
    SELECT workspace_id, id, url FROM failing WHERE state = 'disabled'
    """
)


async def page(connection: AsyncConnection, *, before: UUID | None, limit: int) -> list[WebhookRow]:
    """Return the workspace's webhooks, newest first."""
    query = select(*_WEBHOOK)
    if before is not None:
        query = query.where(Webhook.id < before)
    return rows_of(WebhookRow, await connection.execute(query.order_by(Webhook.id.desc()).limit(limit)))


async def find(connection: AsyncConnection, webhook: UUID) -> WebhookRow | None:
    """Return one webhook, locked until the transaction ends."""
    query = select(*_WEBHOOK).where(Webhook.id == webhook).with_for_update(key_share=True)
    return row_or_none(WebhookRow, await connection.execute(query))


async def count(connection: AsyncConnection) -> int:
    """Return how many the workspace has."""
    return int((await connection.execute(text("SELECT count(*) FROM webhooks"))).scalar_one())


async def is_any(connection: AsyncConnection) -> bool:
    """Return whether any workspace has one."""
    return bool((await connection.execute(text("SELECT EXISTS (SELECT FROM webhooks)"))).scalar_one())


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> WebhookRow:
    """Store a webhook; return its row."""
    return row_of(WebhookRow, await connection.execute(insert(Webhook).values(**row).returning(*_WEBHOOK)))


async def change(connection: AsyncConnection, webhook: UUID, changes: Mapping[str, Any]) -> WebhookRow:
    """Set columns of a webhook; return its row."""
    query = update(Webhook).where(Webhook.id == webhook).values(**changes).returning(*_WEBHOOK)
    return row_of(WebhookRow, await connection.execute(query))


async def remove(connection: AsyncConnection, webhook: UUID) -> None:
    """Remove a webhook with its deliveries."""
    await connection.execute(text("DELETE FROM webhooks WHERE id = :id"), {"id": webhook})


async def deliveries(connection: AsyncConnection, webhook: UUID, *, before: int | None, limit: int) -> list[DeliveryRow]:
    """Return a webhook's deliveries, newest event first."""
    query = select(*_DELIVERY).where(WebhookDelivery.webhook_id == webhook)
    if before is not None:
        query = query.where(WebhookDelivery.seq < before)
    return rows_of(DeliveryRow, await connection.execute(query.order_by(WebhookDelivery.seq.desc()).limit(limit)))


async def send_again(connection: AsyncConnection, webhook: UUID, delivery: UUID) -> DeliveryRow | None:
    """Begin a new series of tries for a delivery, at once and under the same id; return None where there is none."""
    now = text("clock_timestamp()")
    changes = {"state": "pending", "tries": 0, "since": now, "next_at": now, "finished_at": None}
    query = (
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook, WebhookDelivery.id == delivery)
        .values(**changes)
        .returning(*_DELIVERY)
    )
    return row_or_none(DeliveryRow, await connection.execute(query))


async def fan_out(connection: AsyncConnection, most: int) -> None:
    """Make deliveries of the events that each active webhook has not seen, at most `most` events for each."""
    await connection.execute(_FAN_OUT, {"most": most})


async def claim(
    connection: AsyncConnection, *, failing: bool, each: int, busy: Sequence[UUID], limit: int, lease_s: float
) -> list[ClaimedDelivery]:
    """Take due deliveries with their events; `busy` holds a webhook's id for each of its deliveries being sent."""
    values = {"failing": failing, "each": each, "busy": list(busy), "limit": limit, "lease": lease_s}
    return rows_of(ClaimedDelivery, await connection.execute(_CLAIM, values))


async def taken(connection: AsyncConnection, delivery: UUID, status: int) -> None:
    """Mark a delivery as received."""
    await connection.execute(_TAKEN, {"id": delivery, "status": status})


async def refused(
    connection: AsyncConnection,
    delivery: UUID,
    *,
    status: int | None,
    error: str,
    next_at: datetime | None,
    rests_until: datetime | None,
    gone: bool,
    give_up_s: float,
) -> DisabledWebhook | None:
    """Record that the receiver refused it; `next_at` None makes it dead, `rests_until` is what it asks for.

    Return the webhook if that disabled it.
    """
    values = {"id": delivery, "status": status, "error": error, "next_at": next_at, "gone": gone, "give_up": give_up_s}
    values["rests_until"] = rests_until
    return row_or_none(DisabledWebhook, await connection.execute(_REFUSED, values))


async def forget_old(connection: AsyncConnection, days: int) -> int:
    """Remove deliveries and notices that were finished so many days ago; return how many."""
    gone = 0
    for table in ("webhook_deliveries", "notices"):
        query = text(f"DELETE FROM {table} WHERE finished_at < clock_timestamp() - make_interval(days => :days)")
        gone += (await connection.execute(query, {"days": days})).rowcount
    return gone
