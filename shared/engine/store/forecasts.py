"""Where are forecasts of tasks' starts stored, and how far off were they?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.rows import row_of


@dataclass(frozen=True, slots=True)
class ForecastErrors:
    """The errors of `checked` forecasts, in seconds: the median, and the 90th percentile; None of none."""

    checked: int
    median_s: float | None
    most_s: float | None


# The first forecast counts, since it was the hardest; a person who asks for another time makes it void. Tasks that started
# or ended in the meantime are left out.
_KEEP = text(
    """
    INSERT INTO forecasts (task_id, workspace_id, as_of, expected_start, scheduled_for)
    SELECT t.id, t.workspace_id, :as_of, said.expected_start, t.scheduled_for
    FROM unnest(CAST(:ids AS uuid[]), CAST(:starts AS timestamptz[])) AS said (id, expected_start)
    JOIN tasks t ON t.id = said.id WHERE t.started_at IS NULL
    ON CONFLICT (task_id) DO UPDATE
        SET as_of = excluded.as_of, expected_start = excluded.expected_start, scheduled_for = excluded.scheduled_for
        WHERE forecasts.scheduled_for IS DISTINCT FROM excluded.scheduled_for
    """
)


async def keep(connection: AsyncConnection, starts: Sequence[tuple[UUID, datetime]], as_of: datetime) -> int:
    """Store the expected start of each task that has none yet; return how many."""
    ids, times = [task for task, _ in starts], [start for _, start in starts]
    return (await connection.execute(_KEEP, {"ids": ids, "starts": times, "as_of": as_of})).rowcount


async def forget_old(connection: AsyncConnection, days: int) -> int:
    """Remove forecasts of so many days ago; return how many."""
    statement = text("DELETE FROM forecasts WHERE expected_start < clock_timestamp() - make_interval(days => :days)")
    return (await connection.execute(statement, {"days": days})).rowcount


async def errors(connection: AsyncConnection) -> ForecastErrors:
    """Return how far off the forecasts of the last 24 hours' starts were."""
    return row_of(ForecastErrors, await connection.execute(text("SELECT * FROM forecast_errors()")))
