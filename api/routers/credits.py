"""Credits: what is left, checking it, and ordering a trilogy that waits for it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request

from api.deps import CorrelationId, TheAbilities, TheDatabase, idempotency_of
from api.guard import GuardedRoute, Reader, Submitter
from api.schemas.credits import TRILOGY_EXAMPLES, TrilogyBody
from api.schemas.names import Handle
from shared.credits.check import check_credits
from shared.credits.find import CreditsView, find_credits
from shared.credits.trilogy import PLATFORM, QueuedRun, queue_trilogy
from shared.tasks.view import TaskView

router = APIRouter(prefix="/api", tags=["credits"], route_class=GuardedRoute)
Account = Annotated[Handle | None, Query(description="The account's handle; else the one that was connected first.")]


@router.get("/sora/credits")
async def get(caller: Reader, database: TheDatabase, account: Account = None) -> CreditsView:
    """Show how many videos an account may still make on Sora. `known` is false where the last check could not read it."""
    return await find_credits(database=database, caller=caller, platform=PLATFORM, account=account)


@router.post("/sora/credits/check", status_code=HTTPStatus.CREATED)
async def check(
    caller: Submitter, database: TheDatabase, abilities: TheAbilities, correlation_id: CorrelationId, account: Account = None
) -> TaskView:
    """Check the credits now; the answer is the task that checks. While one has not begun, no second one is made."""
    return await check_credits(
        database=database,
        caller=caller,
        platform=PLATFORM,
        account=account,
        abilities=abilities,
        correlation_id=correlation_id,
    )


@router.post("/sora/queue-trilogy", status_code=HTTPStatus.CREATED)
async def order_trilogy(
    request: Request,
    caller: Submitter,
    database: TheDatabase,
    abilities: TheAbilities,
    correlation_id: CorrelationId,
    body: Annotated[TrilogyBody, Body(openapi_examples=TRILOGY_EXAMPLES)],
) -> QueuedRun:
    """Order three videos that tell a story, with `Idempotency-Key` as for a task.

    None of them begins before there are credits for all.
    """
    return await queue_trilogy(
        database=database,
        caller=caller,
        order=body.as_order(),
        abilities=abilities,
        correlation_id=correlation_id,
        idempotency=idempotency_of(request, caller, body),
    )
