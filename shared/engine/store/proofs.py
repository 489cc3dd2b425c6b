"""Which screenshots are kept, in the hot tables and in the archive, and which have been removed?

A row stays when its file is removed: a request for it is told so. The files lie on the machines that made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

_FIND = text(
    "SELECT id, removed_at FROM proofs WHERE id = :id UNION ALL SELECT id, removed_at FROM archived_proofs WHERE id = :id"
)
_STATES = text("SELECT id, removed FROM proof_states(:ids)").bindparams(bindparam("ids", type_=ARRAY(Uuid)))

# To be formatted with what chooses the ids of `chosen`. One that just moves into the archive is removed the next time.
_REMOVE = """
    WITH {chosen},
    here AS (UPDATE proofs p SET removed_at = clock_timestamp() FROM chosen
             WHERE p.id = chosen.id AND p.removed_at IS NULL RETURNING p.id),
    archived AS (UPDATE archived_proofs p SET removed_at = clock_timestamp() FROM chosen
                 WHERE p.id = chosen.id AND p.removed_at IS NULL RETURNING p.id)
    SELECT (SELECT count(*) FROM here) + (SELECT count(*) FROM archived)
"""
_TABLES = ("proofs", "archived_proofs")
_OLD = " UNION ALL ".join(
    f"(SELECT id FROM {table} WHERE removed_at IS NULL"
    " AND created_at < (SELECT clock_timestamp()) - make_interval(days => :days) ORDER BY created_at LIMIT :limit)"
    for table in _TABLES
)
_KEPT = " UNION ALL ".join(
    f"SELECT id, workspace_id, size, created_at FROM {table} WHERE removed_at IS NULL" for table in _TABLES
)
_REMOVE_OLD = text(_REMOVE.format(chosen=f"chosen AS ({_OLD})"))
# Only workspaces that take more room than they have are examined one by one.
_REMOVE_BEYOND = text(
    _REMOVE.format(
        chosen=f"""kept AS ({_KEPT}),
        counted AS (
            SELECT id, created_at, sum(size) OVER (PARTITION BY workspace_id ORDER BY created_at DESC, id DESC) AS up_to_here
            FROM kept WHERE workspace_id IN (SELECT workspace_id FROM kept GROUP BY workspace_id HAVING sum(size) > :quota)
        ),
        chosen AS (SELECT id FROM counted WHERE up_to_here > :quota ORDER BY created_at LIMIT :limit)"""
    )
)


async def find(connection: AsyncConnection, proof_id: UUID) -> Row[Any] | None:
    """Return one proof, of an archived task too: its id, and when it was removed."""
    return (await connection.execute(_FIND, {"id": proof_id})).first()


async def states(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Return whether each of these was removed, of any workspace; unknown ones are left out."""
    return {row.id: row.removed for row in await connection.execute(_STATES, {"ids": list(ids)})}


async def remove_old(connection: AsyncConnection, days: int, limit: int) -> int:
    """Mark screenshots older than `days` days as removed, `limit` at most; return how many."""
    return int((await connection.execute(_REMOVE_OLD, {"days": days, "limit": limit})).scalar_one())


async def remove_beyond(connection: AsyncConnection, quota: int, limit: int) -> int:
    """Mark the oldest of each workspace as removed that exceed so many bytes, `limit` at most; return how many."""
    return int((await connection.execute(_REMOVE_BEYOND, {"quota": quota, "limit": limit})).scalar_one())
