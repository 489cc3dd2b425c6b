"""Runs: work that is made of many tasks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.deps import TheDatabase
from api.guard import GuardedRoute, Reader, Submitter
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from shared.runs.cancel import cancel_run
from shared.runs.find import find_run
from shared.runs.page import RunPage, list_runs
from shared.runs.view import RunView

router = APIRouter(prefix="/api/runs", tags=["runs"], route_class=GuardedRoute)
RunId = Annotated[Id, Path(description="The run's id.")]


@router.get("")
async def list_(caller: Reader, desk: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> RunPage:
    """List runs, newest first, with what their tasks have come to."""
    return await list_runs(desk=desk, caller=caller, cursor=cursor, limit=limit)


@router.get("/{run}")
async def get(caller: Reader, desk: TheDatabase, run: RunId) -> RunView:
    """Show one run."""
    return await find_run(desk=desk, caller=caller, run_id=run)


@router.post("/{run}/cancel")
async def cancel(caller: Submitter, desk: TheDatabase, run: RunId) -> RunView:
    """Cancel what of a run has not begun, and ask what is running to stop."""
    return await cancel_run(desk=desk, caller=caller, run_id=run)
