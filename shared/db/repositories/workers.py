"""How do pools say that they are there, and which lanes are served?"""

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
    INSERT INTO workers (id, workspace_id, pool, host, pid, version, lanes, concurrency, seen_until)
    VALUES (:id, {_HOST}, :pool, :host, :pid, :version, :lanes, :concurrency,
            clock_timestamp() + make_interval(secs => :seen))
    ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until, workspace_id = excluded.workspace_id
    RETURNING xmax = 0 AS is_new
    """
).bindparams(bindparam("lanes", type_=ARRAY(Text)))

_ALL_LANES = text(
    """
    SELECT l.name, l.concurrency,
           (SELECT count(*) FROM workers w WHERE l.name = ANY (w.lanes) AND w.seen_until > clock_timestamp()) AS workers
    FROM lanes l ORDER BY l.name
    """
)


async def register(connection: AsyncConnection, worker: Mapping[str, Any]) -> bool:
    """Say that a worker and its lanes are there for `seen` more seconds; True the first time."""
    await connection.execute(_LANES, {name: worker[name] for name in ("lanes", "host_name", "concurrency")})
    return bool((await connection.execute(_REGISTER, dict(worker))).scalar_one())


async def forget(connection: AsyncConnection, worker_id: str) -> None:
    """A worker went in good order."""
    await connection.execute(text("DELETE FROM workers WHERE id = :id"), {"id": worker_id})


async def forget_gone(connection: AsyncConnection, age_s: float) -> int:
    """Remove workers that have been silent for `age_s` seconds; answers how many."""
    query = text("DELETE FROM workers WHERE seen_until < clock_timestamp() - make_interval(secs => :age)")
    return (await connection.execute(query, {"age": age_s})).rowcount


async def lanes(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """All lanes (name, concurrency, workers)."""
    return (await connection.execute(_ALL_LANES)).all()


async def keeper_seen(connection: AsyncConnection, host_name: str) -> None:
    """The keeper of a host is alive."""
    query = text("UPDATE hosts SET keeper_seen_at = clock_timestamp() WHERE name = :name")
    await connection.execute(query, {"name": host_name})
