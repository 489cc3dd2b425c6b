"""What is a `probe`? A task that does nothing on a named lane: for health, doctor and benchmarks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.task_types.spec import Payload, Result, TaskSpec

LaneName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9_-]+){0,2}$", min_length=1, max_length=120)]


class ProbePayload(Payload):
    """Which lane to prove."""

    lane: LaneName = Field(description="A lane's name, such as `system` or `chromium.local.instagram`.")


class ProbeResult(Result):
    """The process that answered."""

    host: str
    pid: int


SPEC = TaskSpec(
    type="probe",
    version=1,
    payload=ProbePayload,
    result=ProbeResult,
    lane="named",
    timeout_s=10,
    batch=1024,
    proves_lane=True,
    priority=1,
    example={"lane": "system"},
)
