"""How much work is there, over all workspaces? Numbers only, for monitoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import single_statements
from shared.engine.store import forecasts
from shared.engine.store.forecasts import ForecastErrors
from shared.system.store import switches
from shared.system.store.switches import LaneTotals


@dataclass(frozen=True, slots=True)
class Totals:
    """`lag_s` is how long the dispatcher's last round took, `silent_s` for how long it has been silent (seconds)."""

    tasks: dict[str, int]
    lanes: Sequence[LaneTotals]
    leads: bool
    lag_s: float
    silent_s: float
    forecasts: ForecastErrors


async def count_all(*, engine: AsyncEngine) -> Totals:
    """Count tasks by state and the lanes' load, and read the dispatcher's state."""
    async with single_statements(engine).connect() as connection:
        tasks, lanes = await switches.task_totals(connection), await switches.lane_totals(connection)
        lease = await switches.dispatcher(connection)
        errors = await forecasts.errors(connection)
    if lease is None:
        return Totals(tasks, lanes, leads=False, lag_s=0.0, silent_s=0.0, forecasts=errors)
    lag_s = lease.lag_ms / 1000
    return Totals(tasks, lanes, leads=lease.leads, lag_s=lag_s, silent_s=lease.silent_s, forecasts=errors)
