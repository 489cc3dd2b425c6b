"""What was done outside, with its proof."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.deps import TheDatabase, TheSettings
from api.filters import AccountFilter
from api.guard import GuardedRoute, Reader
from api.schemas.instant import Instant
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from shared.effects.page import EffectFilter, EffectPage, list_effects
from shared.effects.proof import find_proof
from shared.effects.proof_files import JSON, PNG
from shared.status import Outcome

router = APIRouter(prefix="/api", tags=["effects"], route_class=GuardedRoute)


@router.get("/effects")
async def list_(
    caller: Reader,
    database: TheDatabase,
    account: AccountFilter = None,
    outcome: Outcome | None = None,
    since: Annotated[Instant | None, Query(alias="from", description="From this instant on.")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="Up to before this instant.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> EffectPage:
    """List outward actions, newest first."""
    wanted = EffectFilter(account=account, outcome=outcome, since=since, until=until)
    return await list_effects(database=database, caller=caller, wanted=wanted, cursor=cursor, limit=limit)


SHOWN = {PNG: {"schema": {"type": "string", "format": "binary"}}, JSON: {"schema": {"type": "object"}}}


@router.get(
    "/proofs/{proof}",
    response_class=Response,
    responses={200: {"content": SHOWN, "description": "A PNG, or request and answer of an API without its secrets."}},
)
async def get_proof(
    caller: Reader,
    database: TheDatabase,
    settings: TheSettings,
    proof: Annotated[Id, Path(description="The proof's id.")],
) -> Response:
    """Show the proof of an outward action: a screenshot or, over an API, its request and answer."""
    found = await find_proof(database=database, caller=caller, home=settings.home, proof_id=proof)
    headers = {"Content-Disposition": f'inline; filename="{found.name}"', "Cache-Control": "private, max-age=86400"}
    return Response(found.content, media_type=found.media_type, headers=headers)
