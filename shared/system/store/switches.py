"""What can be told of the whole system without a workspace? Numbers, and who leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_DISPATCHER = text(
    """
    SELECT expires_at > clock_timestamp() AS leads,
           coalesce(good_at > clock_timestamp() - greatest(interval '30 s', 3 * (expires_at - seen_at)), false) AS works,
           lag_ms, extract(epoch FROM clock_timestamp() - seen_at) AS silent_s
    FROM leases WHERE key = 'dispatcher'
    """
)


async def end_overlong_transactions(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """End sessions (pid, role, seconds) whose transaction is open for longer than their role's time-outs allow."""
    return (await connection.execute(text("SELECT * FROM end_overlong_transactions()"))).all()


async def revision(connection: AsyncConnection) -> str | None:
    """Which schema the database has."""
    return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()


async def dispatcher(connection: AsyncConnection) -> Row[Any] | None:
    """Whether a dispatcher leads (`leads`) and a round of it has succeeded lately (`works`).

    With it how long its last round took (ms), and for how long it has been silent (seconds).
    """
    return (await connection.execute(_DISPATCHER)).one_or_none()


async def task_totals(connection: AsyncConnection) -> dict[str, int]:
    """How many tasks are in each state, over all workspaces."""
    return {row.status: row.tasks for row in (await connection.execute(text("SELECT * FROM task_totals()"))).all()}


async def lane_totals(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """(lane, concurrency, workers, queued, running) of each lane that workers serve or served."""
    return (await connection.execute(text("SELECT * FROM lane_totals()"))).all()
