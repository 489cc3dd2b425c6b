"""How is a shared thing parked, once for all tasks behind it, and opened again?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import events
from shared.engine.store import parking
from shared.engine.store.rows.task_rows import GatedTask
from shared.ids import SYSTEM_WORKSPACE

_PARK = text(
    """
    INSERT INTO scopes (workspace_id, key, gate, reason, opens_at) VALUES (:workspace, :key, :gate, :reason, :opens_at)
    ON CONFLICT (workspace_id, key, gate) DO UPDATE SET reason = excluded.reason, opens_at = excluded.opens_at
    """
)
_HOLDS = text(
    "SELECT EXISTS (SELECT FROM scopes WHERE workspace_id = ANY (CAST(:workspaces AS uuid[])) AND key = ANY (:keys)"
    " AND gate = 'system' AND (opens_at IS NULL OR opens_at > clock_timestamp()))"
)
# Not the system's own: it has no members, and so nobody could resume it. Its tasks do nothing outward by themselves.
PAUSE_EVERYTHING = (
    "INSERT INTO scopes (workspace_id, key, gate, reason) SELECT id, 'all', 'system', :reason FROM workspaces"
    " WHERE id <> :system"
    " ON CONFLICT (workspace_id, key, gate) DO UPDATE SET reason = excluded.reason, opens_at = NULL"
)


async def park(
    connection: AsyncConnection, key: str, gate: str, workspace: UUID, *, reason: str, opens_at: datetime | None
) -> None:
    """Hold a scope closed for one gate, with its event; the last statement of its transaction."""
    values = {"key": key, "gate": gate, "workspace": workspace, "reason": reason, "opens_at": opens_at}
    await connection.execute(_PARK, values)
    await events.append(connection, workspace, "scope.parked", {"key": key, "gate": gate, "reason": reason})


async def holds(connection: AsyncConnection, task: GatedTask) -> bool:
    """Return whether a pause holds what a task would do."""
    keys = ["all", f"lane:{task.lane}", f"platform:{task.platform}", f"account:{task.account_id}"]
    values = {"keys": keys, "workspaces": [task.workspace_id, SYSTEM_WORKSPACE]}
    return bool((await connection.execute(_HOLDS, values)).scalar_one())


async def parked_like(connection: AsyncConnection, prefix: str) -> list[str]:
    """Return the keys of the workspace's parked scopes with this prefix."""
    query = text("SELECT DISTINCT key FROM scopes WHERE starts_with(key, :prefix) ORDER BY key")
    return list((await connection.execute(query, {"prefix": prefix})).scalars())


async def open_again(connection: AsyncConnection, workspace: UUID, keys: list[str], gates: list[str]) -> int:
    """Open scopes and wake tasks that are parked on them, with their event; return how many were closed.

    The last statement of its transaction.
    """
    query = text("DELETE FROM scopes WHERE workspace_id = :workspace AND key = ANY (:keys) AND gate = ANY (:gates)")
    opened = (await connection.execute(query, {"workspace": workspace, "keys": keys, "gates": gates})).rowcount
    if opened:
        await parking.wake(connection, keys)
        await events.append(connection, workspace, "scope.opened", {"keys": keys})
    return opened
