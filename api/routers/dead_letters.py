"""Failed tasks, and retrying them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.deps import TheDatabase
from api.filters import AccountFilter
from api.guard import GuardedRoute, Reader, Submitter
from api.schemas.dead_letters import REPLAY_EXAMPLES, ReplayBody
from api.schemas.names import Platform, TypeName
from api.schemas.parameter import Cursor, Limit
from shared.engine.task_filter import TaskFilter
from shared.tasks.dead_letters.find import DeadLetterPage, list_dead_letters
from shared.tasks.dead_letters.replay import Replays, replay_tasks

router = APIRouter(prefix="/api/dead-letters", tags=["dead_letters"], route_class=GuardedRoute)


@router.get("")
async def list_(
    caller: Reader,
    database: TheDatabase,
    type: Annotated[TypeName | None, Query()] = None,  # noqa: A002 - the parameter's own word
    platform: Annotated[Platform | None, Query()] = None,
    account: AccountFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeadLetterPage:
    """List failed tasks, newest first, with their error and what was tried."""
    wanted = TaskFilter(type=type, platform=platform, account=account)
    return await list_dead_letters(database=database, caller=caller, wanted=wanted, cursor=cursor, limit=limit)


@router.post("/replay")
async def replay(
    caller: Submitter, database: TheDatabase, body: Annotated[ReplayBody, Body(openapi_examples=REPLAY_EXAMPLES)]
) -> Replays:
    """Retry failed tasks, under their ids. Outward steps that were done are not repeated."""
    return await replay_tasks(database=database, caller=caller, ids=body.ids, dependents=body.dependents)
