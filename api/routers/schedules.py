"""Recurring work."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Path, Request

from api.deps import TheAbilities, TheDatabase, idempotency_of
from api.guard import GuardedRoute, Reader, Submitter
from api.schemas.parameter import Cursor, Limit
from api.schemas.schedules import SCHEDULE_CHANGE_EXAMPLES, SCHEDULE_EXAMPLES, ScheduleBody, ScheduleChanges
from api.schemas.tasks import Id
from shared.schedules.change import change_schedule
from shared.schedules.create import create_schedule
from shared.schedules.find import find_schedule
from shared.schedules.page import SchedulePage, list_schedules
from shared.schedules.remove import Removed, remove_schedule
from shared.schedules.view import ScheduleView

router = APIRouter(prefix="/api/schedules", tags=["schedules"], route_class=GuardedRoute)
ScheduleId = Annotated[Id, Path(description="The schedule's id.")]
LINKS = {
    verb: {"operationId": f"schedules:{verb}", "parameters": {"schedule": "$response.body#/id"}}
    for verb in ("get", "delete")
}


@router.get("")
async def list_(caller: Reader, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> SchedulePage:
    """List recurring work, newest first, with its next time and its last occurrences."""
    return await list_schedules(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post("", status_code=HTTPStatus.CREATED, responses={HTTPStatus.CREATED.value: {"links": LINKS}})
async def create(
    request: Request,
    caller: Submitter,
    database: TheDatabase,
    abilities: TheAbilities,
    body: Annotated[ScheduleBody, Body(openapi_examples=SCHEDULE_EXAMPLES)],
) -> ScheduleView:
    """Create a recurring task. `Idempotency-Key` as for one task."""
    return await create_schedule(
        database=database,
        caller=caller,
        order=body.as_order(),
        abilities=abilities,
        idempotency=idempotency_of(request, caller, body),
    )


@router.get("/{schedule}")
async def get(caller: Reader, database: TheDatabase, schedule: ScheduleId) -> ScheduleView:
    """Show one schedule, with its next time and its last occurrences."""
    return await find_schedule(database=database, caller=caller, schedule_id=schedule)


@router.patch("/{schedule}")
async def update(
    caller: Submitter,
    database: TheDatabase,
    abilities: TheAbilities,
    schedule: ScheduleId,
    body: Annotated[ScheduleChanges, Body(openapi_examples=SCHEDULE_CHANGE_EXAMPLES)],
) -> ScheduleView:
    """Change a schedule. With another time or task, occurrences that have not begun are cancelled."""
    change = body.as_change()
    return await change_schedule(database=database, caller=caller, schedule_id=schedule, change=change, abilities=abilities)


@router.delete("/{schedule}")
async def delete(caller: Submitter, database: TheDatabase, schedule: ScheduleId) -> Removed:
    """Delete a schedule, and cancel its occurrences that have not begun."""
    return await remove_schedule(database=database, caller=caller, schedule_id=schedule)
