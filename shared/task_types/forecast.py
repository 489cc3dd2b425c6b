"""What is a `forecast`? Writing down when what waits is expected to start, on the timetable, to be checked afterwards."""

from __future__ import annotations

from shared.task_types.spec import Payload, Result, TaskSpec


class ForecastPayload(Payload):
    """Nothing to say."""


class ForecastResult(Result):
    """How many tasks were looked at, and of how many a start was written down for the first time."""

    looked_at: int
    written: int


SPEC = TaskSpec(
    type="forecast",
    version=1,
    payload=ForecastPayload,
    result=ForecastResult,
    lane="system",
    timeout_s=60,
    priority=5,
    public=False,
)
