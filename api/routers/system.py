"""The system as a whole."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import Field, StrictBool, StringConstraints

from api.deps import TheDatabase
from api.guard import GuardedRoute, Manager, Reader, Submitter
from api.schemas.instant import Instant
from api.schemas.tasks import Body as BodyModel
from shared.system.ask_to_sleep import ask_to_sleep
from shared.system.kill_switch import KillSwitch, turn_kill_switch
from shared.system.plan_wake import plan_wake
from shared.system.sleep import SleepView, WakeView, show_sleep
from shared.system.wake_up import wake_up

router = APIRouter(prefix="/api/system", tags=["system"], route_class=GuardedRoute)
KILL_EXAMPLES: dict[str, Any] = {"on": {"summary": "Stop everything outward", "value": {"on": True}}}

WAKE_EXAMPLES: dict[str, Any] = {
    "checkback": {"summary": "A look at a post", "value": {"at": "2026-05-01T10:00:00Z", "trigger": "checkback"}}
}


class KillSwitchBody(BodyModel):
    """Whether the kill switch is on."""

    on: StrictBool


class WakeBody(BodyModel):
    """When to wake, and what for."""

    at: Instant = Field(description="In the future, and at most 366 days ahead.")
    trigger: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,39}$")] = Field(
        description="What for, such as `checkback`; the event of the waking names it."
    )


@router.post("/kill-switch")
async def set_kill_switch(
    caller: Manager, database: TheDatabase, body: Annotated[KillSwitchBody, Body(openapi_examples=KILL_EXAMPLES)]
) -> KillSwitch:
    """Stop everything outward of the workspace, or allow it again."""
    return await turn_kill_switch(database=database, caller=caller, on=body.on)


@router.get("/sleep")
async def get_sleep(caller: Reader, database: TheDatabase) -> SleepView:
    """Show whether the system sleeps, what it waits for before it does, and when it wakes."""
    return await show_sleep(database=database, caller=caller)


@router.post("/sleep")
async def sleep(caller: Manager, database: TheDatabase) -> SleepView:
    """Ask the system to sleep: it does what is in flight and due soon, then sleeps until something is due."""
    return await ask_to_sleep(database=database, caller=caller)


@router.post("/wake")
async def wake(caller: Submitter, database: TheDatabase) -> SleepView:
    """Wake the system, or keep it from falling asleep."""
    return await wake_up(database=database, caller=caller)


@router.post("/wakes", status_code=HTTPStatus.CREATED)
async def schedule_wake(
    caller: Submitter, database: TheDatabase, body: Annotated[WakeBody, Body(openapi_examples=WAKE_EXAMPLES)]
) -> WakeView:
    """Schedule an instant at which the system is awake."""
    return await plan_wake(database=database, caller=caller, at=body.at, trigger=body.trigger)
