"""What a client or a person can do with one task."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from api.deps import TheAbilities, TheDatabase
from api.guard import Approver, GuardedRoute, Manager, Reader, Submitter
from api.routers.tasks import TaskId
from api.schemas.approvals import APPROVE_EXAMPLES, REJECT_EXAMPLES, ApproveBody, RejectBody
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import CHANGE_EXAMPLES, Changes
from api.schemas.tasks_resolve import RESOLVE_EXAMPLES, Resolution
from shared.tasks.approvals.approve import approve_task
from shared.tasks.approvals.reject import reject_task
from shared.tasks.cancel import cancel_task
from shared.tasks.change import change_task
from shared.tasks.explain import Explanation, explain_task
from shared.tasks.history import EventPage, task_history
from shared.tasks.resolve import resolve_task
from shared.tasks.retry import retry_task
from shared.tasks.verify import verify_task
from shared.tasks.view import TaskView

router = APIRouter(prefix="/api/scheduler/task/{task}", tags=["tasks"], route_class=GuardedRoute)


@router.patch("")
async def update(
    caller: Submitter,
    database: TheDatabase,
    abilities: TheAbilities,
    task: TaskId,
    body: Annotated[Changes, Body(openapi_examples=CHANGE_EXAMPLES)],
) -> TaskView:
    """Change priority, time or payload of a task that has not been released; 409 after that."""
    return await change_task(database=database, caller=caller, task_id=task, change=body.as_change(), abilities=abilities)


@router.delete("")
async def cancel(caller: Submitter, database: TheDatabase, task: TaskId) -> TaskView:
    """Cancel a task. A running one is asked to stop; one that may have been done already does not become cancelled."""
    return await cancel_task(database=database, caller=caller, task_id=task)


@router.get("/explain")
async def explain(caller: Reader, database: TheDatabase, task: TaskId) -> Explanation:
    """Explain which gates are closed, and when the task may start."""
    return await explain_task(database=database, caller=caller, task_id=task)


@router.get("/events")
async def list_events(
    caller: Reader,
    database: TheDatabase,
    task: TaskId,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> EventPage:
    """List what happened to a task, oldest first."""
    return await task_history(database=database, caller=caller, task_id=task, cursor=cursor, limit=limit)


@router.post("/approve")
async def approve(
    caller: Approver,
    database: TheDatabase,
    abilities: TheAbilities,
    task: TaskId,
    body: Annotated[ApproveBody, Body(openapi_examples=APPROVE_EXAMPLES)],
) -> TaskView:
    """Approve exactly the payload that was seen, or replace it; 409 where it has changed meanwhile."""
    return await approve_task(database=database, caller=caller, task_id=task, word=body.as_word(), abilities=abilities)


@router.post("/reject")
async def reject(
    caller: Approver,
    database: TheDatabase,
    task: TaskId,
    body: Annotated[RejectBody, Body(openapi_examples=REJECT_EXAMPLES)],
) -> TaskView:
    """Reject a task that waits for approval, with the reason; it is cancelled."""
    return await reject_task(database=database, caller=caller, task_id=task, reason=body.reason)


@router.post("/retry")
async def retry(caller: Submitter, database: TheDatabase, task: TaskId) -> TaskView:
    """Retry a failed task, under the same id."""
    return await retry_task(database=database, caller=caller, task_id=task)


@router.post("/verify")
async def verify(caller: Submitter, database: TheDatabase, task: TaskId) -> TaskView:
    """Check now whether a task of unknown outcome was done."""
    return await verify_task(database=database, caller=caller, task_id=task)


@router.post("/resolve")
async def resolve(
    caller: Manager,
    database: TheDatabase,
    task: TaskId,
    body: Annotated[Resolution, Body(openapi_examples=RESOLVE_EXAMPLES)],
) -> TaskView:
    """Resolve a task of unknown outcome: was it done? If not, it is sent again only where that is asked for, too."""
    return await resolve_task(database=database, caller=caller, task_id=task, word=body.as_word())
