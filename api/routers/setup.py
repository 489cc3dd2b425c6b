"""The first start: who owns this installation?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from api.deps import ComeFrom, TheDatabase, TheLoginContext, TheSettings
from api.guard import GuardedRoute, public
from api.schemas.identity import SETUP_EXAMPLES, SetupBody
from shared.identity.setup import FirstOwner, set_up

router = APIRouter(prefix="/api/setup", tags=["setup"], route_class=GuardedRoute, dependencies=[public])


@router.post("", status_code=201)
async def create_owner(
    database: TheDatabase,
    login: TheLoginContext,
    settings: TheSettings,
    come_from: ComeFrom,
    body: Annotated[SetupBody, Body(openapi_examples=SETUP_EXAMPLES)],
) -> FirstOwner:
    """Create the first owner, with the token that the gateway wrote to its log. Works once."""
    return await set_up(
        database=database,
        login=login,
        home=settings.home,
        token=body.token,
        email=body.email,
        password=body.password,
        workspace=body.workspace,
        address=come_from.address,
    )
