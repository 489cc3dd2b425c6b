"""Submitting tasks, and reading one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Path, Request

from api.deps import CorrelationId, TheAbilities, TheDatabase, idempotency_of
from api.guard import GuardedRoute, Reader, Submitter
from api.schemas.tasks import MANY_EXAMPLE, ONE_EXAMPLES, Id, ManyTasks, OneTask, order_of
from shared.tasks.find import find_task
from shared.tasks.submit import submit_task
from shared.tasks.submit_many import Submitted, submit_tasks
from shared.tasks.view import TaskView

router = APIRouter(prefix="/api/scheduler", tags=["tasks"], route_class=GuardedRoute)
TaskId = Annotated[Id, Path(description="The task's id.")]
# Links to what can be done with the task that was just made.
LINKS = {
    verb: {"operationId": f"tasks:{verb}", "parameters": {"task": "$response.body#/id"}}
    for verb in ("get", "explain", "list_events", "approve", "reject", "retry", "verify")
}


@router.post("/task", status_code=HTTPStatus.CREATED, responses={HTTPStatus.CREATED.value: {"links": LINKS}})
async def submit(
    request: Request,
    caller: Submitter,
    database: TheDatabase,
    abilities: TheAbilities,
    correlation_id: CorrelationId,
    body: Annotated[OneTask, Body(openapi_examples=ONE_EXAMPLES)],
) -> TaskView:
    """Submit one task.

    The header `Idempotency-Key` (1 to 255 visible ASCII characters) makes a repeated request safe: the same key with the
    same body gets the first answer again, with another body 422, and 409 while the first is still being answered.
    """
    return await submit_task(
        database=database,
        caller=caller,
        order=order_of(body),
        abilities=abilities,
        correlation_id=correlation_id,
        idempotency=idempotency_of(request, caller, body),
    )


@router.post("/tasks", status_code=HTTPStatus.CREATED)
async def submit_many(
    request: Request,
    caller: Submitter,
    database: TheDatabase,
    abilities: TheAbilities,
    correlation_id: CorrelationId,
    body: Annotated[ManyTasks, Body(openapi_examples={"chain": {"summary": "Two probes", "value": MANY_EXAMPLE}})],
) -> Submitted:
    """Submit up to 10,000 tasks, all or nothing. `Idempotency-Key` as for one task."""
    return await submit_tasks(
        database=database,
        caller=caller,
        orders=body.orders(),
        abilities=abilities,
        correlation_id=correlation_id,
        idempotency=idempotency_of(request, caller, body),
    )


@router.get("/task/{task}")
async def get(caller: Reader, database: TheDatabase, task: TaskId) -> TaskView:
    """Show one task, with what it waits for."""
    return await find_task(database=database, caller=caller, task_id=task)
