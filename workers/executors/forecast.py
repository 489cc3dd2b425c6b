"""How is a `forecast` done? With the plan of the next 24 hours, over all workspaces at once."""

from __future__ import annotations

from shared.task_types.forecast import SPEC, ForecastPayload, ForecastResult
from shared.tasks.write_forecasts import write_forecasts
from workers.executors.contract import Executor, Work


async def perform(work: Work[ForecastPayload]) -> ForecastResult:
    """Store the expected starts."""
    looked_at, written = await write_forecasts(engine=work.engine)
    return ForecastResult(looked_at=looked_at, written=written)


EXECUTOR = Executor(SPEC, perform)
