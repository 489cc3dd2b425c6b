"""Messages that others sent us, and one address for sending messages on all platforms."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import WithJsonSchema

from api.deps import CorrelationId, TheAbilities, TheDatabase, TheSettings, idempotency_of, platforms
from api.filters import AccountFilter
from api.guard import GuardedRoute, Reader, Submitter
from api.schemas.inbox import MESSAGE_EXAMPLES, MessageBody
from api.schemas.names import Handle, Platform
from api.schemas.parameter import Cursor, Limit
from connectors.registry import ways_to
from shared.inbox import conversations
from shared.inbox.conversations import ConversationPage
from shared.inbox.page import InteractionFilter, InteractionKind, InteractionPage, list_interactions
from shared.task_types.dm import SPEC
from shared.tasks.submit import submit_task
from shared.tasks.view import TaskView

router = APIRouter(prefix="/api", tags=["inbox"], route_class=GuardedRoute)
_ABLE = sorted({platform for platform, _ in ways_to(SPEC.capability)})
PlatformPath = Annotated[Platform, Path(description="The platform's key, such as `instagram`.")]
WritablePath = Annotated[PlatformPath, WithJsonSchema({"type": "string", "enum": _ABLE})]


@router.get("/interactions")
async def list_(
    caller: Reader,
    database: TheDatabase,
    platform: Annotated[Platform | None, Query()] = None,
    account: AccountFilter = None,
    kind: InteractionKind | None = None,
    author: Annotated[Handle | None, Query(description="Who wrote it.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> InteractionPage:
    """List messages, comments and mentions that our accounts received, the last one first."""
    wanted = InteractionFilter(platform=platform, account=account, kind=kind, author=author)
    return await list_interactions(database=database, caller=caller, wanted=wanted, cursor=cursor, limit=limit)


@router.get("/dm/{platform}/conversations")
async def list_conversations(
    caller: Reader,
    database: TheDatabase,
    settings: TheSettings,
    platform: PlatformPath,
    account: AccountFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ConversationPage:
    """List the people with whom our accounts exchanged messages in the last 90 days, in one shape for all platforms."""
    known = frozenset(platforms(settings))
    return await conversations.list_conversations(
        database=database, caller=caller, platform=platform, known=known, account=account, cursor=cursor, limit=limit
    )


@router.post("/dm/{platform}/messages", status_code=HTTPStatus.CREATED)
async def send_message(
    request: Request,
    caller: Submitter,
    database: TheDatabase,
    abilities: TheAbilities,
    correlation_id: CorrelationId,
    platform: WritablePath,
    body: Annotated[MessageBody, Body(openapi_examples=MESSAGE_EXAMPLES)],
) -> TaskView:
    """Create a direct message: a task of the type `dm`, with `Idempotency-Key` as for any task."""
    return await submit_task(
        database=database,
        caller=caller,
        order=body.order(platform),
        abilities=abilities,
        correlation_id=correlation_id,
        idempotency=idempotency_of(request, caller, body),
    )
