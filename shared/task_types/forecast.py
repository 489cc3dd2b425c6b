"""What is a `forecast`? Recording when waiting tasks are expected to start, on the timetable, to be checked later."""

from __future__ import annotations

from shared.task_types.spec import Payload, Result, TaskSpec


class ForecastPayload(Payload):
    """No fields."""


class ForecastResult(Result):
    """The number of tasks examined, and of those whose start was recorded for the first time."""

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
