"""What is known of the whole system without a workspace? Numbers, and which dispatcher leads."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.rows import row_or_none, rows_of


@dataclass(frozen=True, slots=True)
class EndedSession:
    """A session that was ended, and for how many seconds its transaction had been open."""

    pid: int
    role: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DispatcherState:
    """Whether a dispatcher leads (`leads`) and a round of it has succeeded lately (`works`).

    With it how long its last round took (ms), and for how long it has been silent (seconds).
    """

    leads: bool
    works: bool
    lag_ms: float
    silent_s: float


@dataclass(frozen=True, slots=True)
class LaneTotals:
    """The amount of work on a lane that workers serve or served."""

    lane: str
    concurrency: int
    workers: int
    queued: int
    running: int


_DISPATCHER = text(
    """
    SELECT expires_at > clock_timestamp() AS leads,
           coalesce(good_at > clock_timestamp() - greatest(interval '30 s', 3 * (expires_at - seen_at)), false) AS works,
           lag_ms, extract(epoch FROM clock_timestamp() - seen_at)::float8 AS silent_s
    FROM leases WHERE key = 'dispatcher'
    """
)


async def end_overlong_transactions(connection: AsyncConnection) -> list[EndedSession]:
    """End sessions whose transaction is open for longer than their role's time-outs allow."""
    return rows_of(EndedSession, await connection.execute(text("SELECT * FROM end_overlong_transactions()")))


async def revision(connection: AsyncConnection) -> str | None:
    """Return the database's schema."""
    return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()


async def dispatcher(connection: AsyncConnection) -> DispatcherState | None:
    """Return the dispatcher's state; None where none has ever led."""
    return row_or_none(DispatcherState, await connection.execute(_DISPATCHER))


async def task_totals(connection: AsyncConnection) -> dict[str, int]:
    """Return how many tasks are in each state, over all workspaces."""
    return {row.status: row.tasks for row in (await connection.execute(text("SELECT * FROM task_totals()"))).all()}


async def lane_totals(connection: AsyncConnection) -> list[LaneTotals]:
    """Return how much work there is on each lane."""
    return rows_of(LaneTotals, await connection.execute(text("SELECT * FROM lane_totals()")))
