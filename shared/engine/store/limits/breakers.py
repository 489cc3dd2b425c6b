"""How are a destination's failures stored, and which task tries it first?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import as_json
from shared.db.models import Breaker as Row
from shared.engine.rules.breaker import Breaker, Broken

# Open breakers as one JSON document. A trial whose task has ended or waits is over: another may try.
OPEN = """(SELECT jsonb_agg(b) FROM (
               SELECT k.workspace_id, k.key, k.failures, k.opens_at,
                      (SELECT t.id FROM tasks t WHERE t.id = k.trial_task_id
                       AND t.status IN ('queued', 'running', 'unknown')) AS trial
               FROM breakers k WHERE k.opened > 0) b)"""

_MAKE = text("INSERT INTO breakers (workspace_id, key) VALUES (:workspace, :key) ON CONFLICT DO NOTHING")
_KEEP = text(
    """
    UPDATE breakers SET failed_at = :failed_at, failures = :failures, opened = :opened, opens_at = :opens_at,
           trial_task_id = :trial, error = :error
    WHERE workspace_id = :workspace AND key = :key
    """
)
_FORGET = text("DELETE FROM breakers WHERE workspace_id = :workspace AND key = :key RETURNING opened")
_FORGET_LIKE = text(
    "DELETE FROM breakers WHERE workspace_id = :workspace AND starts_with(key, :prefix) RETURNING key, opened"
)
_LET_TRY = text(
    """
    UPDATE breakers b SET trial_task_id = p.task
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS p(workspace uuid, key text, task uuid)
    WHERE b.workspace_id = p.workspace AND b.key = p.key
    """
)


def read(found: Iterable[Mapping[str, Any]] | None) -> dict[tuple[UUID, str], Broken]:
    """Return open breakers by workspace and key, from the JSON of `OPEN`."""
    return {
        (UUID(row["workspace_id"]), row["key"]): Broken(
            row["failures"], datetime.fromisoformat(row["opens_at"]), row["trial"] and UUID(row["trial"])
        )
        for row in found or ()
    }


async def lock(connection: AsyncConnection, workspace: UUID, key: str) -> Breaker:
    """Return the breaker, locked until the transaction ends; it is made where there is none."""
    await connection.execute(_MAKE, {"workspace": workspace, "key": key})
    query = select(Row.__table__).where(Row.workspace_id == workspace, Row.key == key).with_for_update(key_share=True)
    row = (await connection.execute(query)).one()
    return Breaker(tuple(row.failed_at), row.failures, row.opened, row.opens_at, row.trial_task_id)


async def keep(connection: AsyncConnection, workspace: UUID, key: str, breaker: Breaker, error: str) -> None:
    """Store the breaker, and the error that changed it."""
    values = {
        "failed_at": list(breaker.failed_at),
        "failures": breaker.failures,
        "opened": breaker.opened,
        "opens_at": breaker.opens_at,
        "trial": breaker.trial,
    }
    await connection.execute(_KEEP, values | {"workspace": workspace, "key": key, "error": error})


async def forget(connection: AsyncConnection, workspace: UUID, key: str) -> bool:
    """Remove the breaker, since the destination answers; return whether it was open."""
    return bool((await connection.execute(_FORGET, {"workspace": workspace, "key": key})).scalar_one_or_none())


async def forget_platform(connection: AsyncConnection, workspace: UUID, platform: str) -> list[str]:
    """Remove a platform's breakers, since a person wants it tried again; return which of them were open."""
    rows = (await connection.execute(_FORGET_LIKE, {"workspace": workspace, "prefix": f"{platform}:"})).all()
    return sorted(row.key for row in rows if row.opened)


async def let_try(connection: AsyncConnection, trials: Mapping[tuple[UUID, str], UUID]) -> None:
    """Record which task tries; before any event of its transaction."""
    rows = [{"workspace": workspace, "key": key, "task": task} for (workspace, key), task in trials.items()]
    await connection.execute(_LET_TRY, {"rows": as_json(rows)})
