"""How do pools report that they are there, and which lanes are served?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

_HOST = "(SELECT h.workspace_id FROM hosts h WHERE h.name = CAST(:host_name AS text))"

_LANES = text(
    f"""
    INSERT INTO lanes AS l (name, workspace_id, concurrency)
    SELECT name, {_HOST}, :concurrency FROM unnest(:lanes) AS name
    ON CONFLICT (name) DO UPDATE SET concurrency = excluded.concurrency, workspace_id = excluded.workspace_id
    WHERE (l.concurrency, l.workspace_id) IS DISTINCT FROM (excluded.concurrency, excluded.workspace_id)
    """
).bindparams(bindparam("lanes", type_=ARRAY(Text)))

_REGISTER = text(
    f"""
    WITH before AS (SELECT rest_reason, lanes FROM workers WHERE id = :id)
    INSERT INTO workers (id, workspace_id, pool, host, pid, version, lanes, concurrency, rest_reason, rest_until, seen_until)
    VALUES (:id, {_HOST}, :pool, :host, :pid, :version, :lanes, :concurrency, :rest_reason, :rest_until,
            clock_timestamp() + make_interval(secs => :seen))
    ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until, workspace_id = excluded.workspace_id,
        lanes = excluded.lanes, rest_reason = excluded.rest_reason, rest_until = excluded.rest_until
    RETURNING NOT EXISTS (SELECT FROM before b
                          WHERE b.rest_reason IS NOT DISTINCT FROM workers.rest_reason AND b.lanes = workers.lanes)
              AS is_news
    """
).bindparams(bindparam("lanes", type_=ARRAY(Text)))

# What is known of the lane `n.name` from the workers that serve it: how many there are, and the pause that ends first. If
# one of them does not pause, the lane does not.
SERVED_BY = """(SELECT count(*) FROM workers w
                       WHERE n.name = ANY (w.lanes) AND w.seen_until > clock_timestamp()) AS workers,
                      (SELECT CASE WHEN w.rest_reason IS NOT NULL
                                   THEN jsonb_build_object('reason', w.rest_reason, 'until', w.rest_until) END
                       FROM workers w WHERE n.name = ANY (w.lanes) AND w.seen_until > clock_timestamp()
                       ORDER BY w.rest_reason IS NOT NULL, w.rest_until LIMIT 1) AS rest"""

_ALL_LANES = text(f"SELECT n.name, n.concurrency, {SERVED_BY} FROM lanes n ORDER BY n.name")


async def register(connection: AsyncConnection, worker: Mapping[str, Any]) -> bool:
    """Record that a worker and its lanes are there for `seen` more seconds, and whether it pauses.

    Return True where that is news: the first time, when a pause begins or ends, and when it serves other lanes than before.
    """
    await connection.execute(_LANES, {name: worker[name] for name in ("lanes", "host_name", "concurrency")})
    return bool((await connection.execute(_REGISTER, dict(worker))).scalar_one())


async def known_lanes(connection: AsyncConnection, lanes: Sequence[str]) -> set[str]:
    """Return those of these lanes that a worker has ever served."""
    query = text("SELECT name FROM lanes WHERE name = ANY (:lanes)").bindparams(bindparam("lanes", type_=ARRAY(Text)))
    return set((await connection.execute(query, {"lanes": list(lanes)})).scalars())


async def forget(connection: AsyncConnection, worker_id: str) -> None:
    """Remove a worker that stopped in good order."""
    await connection.execute(text("DELETE FROM workers WHERE id = :id"), {"id": worker_id})


async def forget_gone(connection: AsyncConnection, age_s: float) -> int:
    """Remove workers that have been silent for `age_s` seconds; return how many."""
    query = text("DELETE FROM workers WHERE seen_until < clock_timestamp() - make_interval(secs => :age)")
    return (await connection.execute(query, {"age": age_s})).rowcount


async def lanes(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """Return all lanes (name, concurrency, workers, rest)."""
    return (await connection.execute(_ALL_LANES)).all()


async def keeper_seen(connection: AsyncConnection, host_name: str) -> None:
    """Record that the keeper of a host is alive."""
    query = text("UPDATE hosts SET keeper_seen_at = clock_timestamp() WHERE name = :name")
    await connection.execute(query, {"name": host_name})
