"""The system as a whole."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import StrictBool

from api.deps import TheDesk
from api.guard import GuardedRoute, Manager
from api.schemas.task import Body as BodyModel
from shared.system.kill_switch import KillSwitch, turn_kill_switch

router = APIRouter(prefix="/api/system", tags=["system"], route_class=GuardedRoute)
KILL_EXAMPLES: dict[str, Any] = {"on": {"summary": "Stop everything outward", "value": {"on": True}}}


class KillSwitchBody(BodyModel):
    """On or off."""

    on: StrictBool


@router.post("/kill-switch")
async def kill_switch(
    caller: Manager, desk: TheDesk, body: Annotated[KillSwitchBody, Body(openapi_examples=KILL_EXAMPLES)]
) -> KillSwitch:
    """Stop everything outward of the workspace, or let it go on."""
    return await turn_kill_switch(desk=desk, caller=caller, on=body.on)
