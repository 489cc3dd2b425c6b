"""Which process leads, and which one holds what? A lease has a holder, an end and a token that grows with each holder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Lease
from shared.db.rows import columns_of, row_or_none


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A lease's holder and end; `lag_ms` and `good_at` describe the dispatcher's rounds."""

    holder: str
    token: int
    expires_at: datetime
    seen_at: datetime
    lag_ms: float
    good_at: datetime | None


_TAKE = text(
    """
    INSERT INTO leases AS l (key, holder, token, expires_at, seen_at)
    VALUES (:key, :holder, 1, clock_timestamp() + make_interval(secs => :ttl), clock_timestamp())
    ON CONFLICT (key) DO UPDATE SET
        token = CASE WHEN l.holder = :holder THEN l.token ELSE l.token + 1 END,
        holder = :holder, expires_at = excluded.expires_at, seen_at = excluded.seen_at, lag_ms = :lag,
        good_at = CASE WHEN :good THEN clock_timestamp() WHEN l.holder = :holder THEN l.good_at END
    WHERE l.holder = :holder OR l.expires_at < clock_timestamp()
    RETURNING token
    """
)

# The lease's row, locked, if it is still ours; for statements that do more under it.
HELD = (
    "SELECT 1 FROM leases WHERE key = :key AND holder = :holder AND token = :token"
    " AND expires_at > clock_timestamp() FOR SHARE"
)
_HOLD = text(HELD)


async def take(
    connection: AsyncConnection, key: str, holder: str, ttl_s: float, *, lag_ms: float = 0, good: bool = False
) -> int | None:
    """Take or renew a lease for `ttl_s` seconds; return its token, or None while somebody else holds it.

    `good` says that the holder's work has succeeded since the last renewal.
    """
    values = {"key": key, "holder": holder, "ttl": ttl_s, "lag": lag_ms, "good": good}
    return (await connection.execute(_TAKE, values)).scalar_one_or_none()


async def lock(connection: AsyncConnection, lease: Mapping[str, Any]) -> bool:
    """Return whether a lease (key, holder, token) is still held; if so, nobody can take it before the transaction ends."""
    return (await connection.execute(_HOLD, lease)).scalar_one_or_none() is not None


async def find(connection: AsyncConnection, key: str) -> LeaseRow | None:
    """Return the lease's row, expired or not."""
    query = select(*columns_of(Lease, LeaseRow)).where(Lease.key == key)
    return row_or_none(LeaseRow, await connection.execute(query))


async def give_up(connection: AsyncConnection, key: str, holder: str) -> None:
    """End the lease at once, so that another can take it without waiting."""
    await connection.execute(
        text("UPDATE leases SET expires_at = clock_timestamp() WHERE key = :key AND holder = :holder"),
        {"key": key, "holder": holder},
    )


async def take_lane(connection: AsyncConnection, lane: str, holder: str, ttl_s: float) -> int | None:
    """Take or renew the lease of a lane that one process at a time may drive; return what `take` returns."""
    query = text("SELECT take_lane(:lane, :holder, :ttl)")
    return (await connection.execute(query, {"lane": lane, "holder": holder, "ttl": ttl_s})).scalar_one_or_none()


async def leave_lane(connection: AsyncConnection, lane: str, holder: str) -> None:
    """End a lane's lease at once, so that another can take it without waiting."""
    await connection.execute(text("SELECT leave_lane(:lane, :holder)"), {"lane": lane, "holder": holder})
