"""Runs: work that is made of many tasks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Request

from api.deps import TheDatabase, idempotency_of
from api.guard import GuardedRoute, Reader, Submitter
from api.schemas.parameter import Cursor, Limit
from api.schemas.runs import RETRY_EXAMPLES, RetryBody
from api.schemas.tasks import Id
from shared.runs.cancel import cancel_run
from shared.runs.find import find_run
from shared.runs.page import RunPage, list_runs
from shared.runs.retry import retry_run
from shared.runs.view import RunView

router = APIRouter(prefix="/api/runs", tags=["runs"], route_class=GuardedRoute)
RunId = Annotated[Id, Path(description="The run's id.")]


@router.get("")
async def list_(caller: Reader, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> RunPage:
    """List runs, newest first, with the state of their tasks."""
    return await list_runs(database=database, caller=caller, cursor=cursor, limit=limit)


@router.get("/{run}")
async def get(caller: Reader, database: TheDatabase, run: RunId) -> RunView:
    """Show one run."""
    return await find_run(database=database, caller=caller, run_id=run)


@router.post("/{run}/cancel")
async def cancel(caller: Submitter, database: TheDatabase, run: RunId) -> RunView:
    """Cancel the tasks of a run that have not begun, and ask running ones to stop."""
    return await cancel_run(database=database, caller=caller, run_id=run)


@router.post("/{run}/retry")
async def retry(
    request: Request,
    caller: Submitter,
    database: TheDatabase,
    run: RunId,
    body: Annotated[RetryBody, Body(openapi_examples=RETRY_EXAMPLES)],
) -> RunView:
    """Do a part of a run again: a task, and what depends on it, where it has failed or was cancelled.

    What is completed stands, and so does everything that was done outside. `Idempotency-Key` as for one task.
    """
    idempotency = idempotency_of(request, caller, body)
    return await retry_run(database=database, caller=caller, run_id=run, from_step=body.from_step, idempotency=idempotency)
