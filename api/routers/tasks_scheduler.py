"""The queue, the scheduler's status, and pausing parts of the system."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.deps import TheDatabase, ThePlaces
from api.filters import AccountFilter, LaneNamed, ParentFilter
from api.guard import GuardedRoute, Manager, Reader
from api.schemas.names import Platform, TypeName
from api.schemas.parameter import Cursor, Hours, Limit, Probes
from api.schemas.tasks_scope import SCOPE_EXAMPLES, ScopeBody
from shared.engine.task_filter import TaskFilter
from shared.status import Status
from shared.tasks.pauses.pause import pause_scope
from shared.tasks.pauses.resume import resume_scope
from shared.tasks.pauses.scope import Pausing
from shared.tasks.plan import PlanView, show_plan
from shared.tasks.queue import TaskPage, list_tasks
from shared.tasks.status import SystemStatus, show_status

router = APIRouter(prefix="/api/scheduler", tags=["tasks"], route_class=GuardedRoute)
SCOPE = Body(openapi_examples=SCOPE_EXAMPLES)


@router.get("/queue")
async def list_(
    caller: Reader,
    database: TheDatabase,
    status: Status | None = None,
    type: Annotated[TypeName | None, Query()] = None,  # noqa: A002 - the parameter's own word
    platform: Annotated[Platform | None, Query()] = None,
    account: AccountFilter = None,
    lane: LaneNamed = None,
    parent_id: ParentFilter = None,
    probes: Probes = True,  # noqa: FBT002 - a parameter of the address
    cursor: Cursor = None,
    limit: Limit = 50,
) -> TaskPage:
    """List tasks, newest first, with what each waits for."""
    wanted = TaskFilter(status, type, platform, account, lane, parent_id, probes)
    return await list_tasks(database=database, caller=caller, wanted=wanted, cursor=cursor, limit=limit)


@router.get("/status")
async def get_status(caller: Reader, database: TheDatabase) -> SystemStatus:
    """Show how many tasks are in each state, the lanes, and the dispatcher."""
    return await show_status(database=database, caller=caller)


@router.get("/plan")
async def get_plan(caller: Reader, database: TheDatabase, hours: Hours = 24) -> PlanView:
    """Forecast when waiting tasks will start: the same gates, run on a simulated clock."""
    return await show_plan(database=database, caller=caller, hours=hours)


@router.post("/pause")
async def pause(caller: Manager, database: TheDatabase, places: ThePlaces, body: Annotated[ScopeBody, SCOPE]) -> Pausing:
    """Pause a part of the system for the own workspace's tasks."""
    return await pause_scope(database=database, caller=caller, scope=body.scope, places=places)


@router.post("/resume")
async def resume(caller: Manager, database: TheDatabase, places: ThePlaces, body: Annotated[ScopeBody, SCOPE]) -> Pausing:
    """Resume a part of the system; for a platform also what paused there because its pages had changed."""
    return await resume_scope(database=database, caller=caller, scope=body.scope, places=places)
