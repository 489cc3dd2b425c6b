"""Limits: what is set for an account, a persona, a platform or the workspace, and how much of it is used."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.deps import TheDatabase
from api.guard import GuardedRoute, Manager, Reader
from api.schemas.limits import LIMITS_EXAMPLES, LimitsBody, LimitScopeName
from connectors.registry import platform_names
from shared.limits.change import set_limits
from shared.limits.view import LimitsView, show_limits

router = APIRouter(prefix="/api/limits", tags=["limits"], route_class=GuardedRoute)
Scope = Annotated[
    LimitScopeName,
    Query(description="`account:<platform>/<handle>`, `account:<id>`, `persona:<id>`, `platform:<key>`, `workspace`."),
]


@router.get("")
async def get(caller: Reader, database: TheDatabase, scope: Scope) -> LimitsView:
    """Show a scope's limits, how much is used, and when there is room again."""
    return await show_limits(database=database, caller=caller, scope=scope, platforms=platform_names())


@router.put("")
async def update(
    caller: Manager, database: TheDatabase, scope: Scope, body: Annotated[LimitsBody, Body(openapi_examples=LIMITS_EXAMPLES)]
) -> LimitsView:
    """Set a scope's limits; they hold from the next action on."""
    return await set_limits(database=database, caller=caller, scope=scope, wanted=body.limits(), platforms=platform_names())
