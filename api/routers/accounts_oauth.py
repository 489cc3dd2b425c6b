"""OAuth: beginning a sign-in at a platform, and coming back from it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from pydantic import StringConstraints

from api.deps import TheDatabase, TheKeyring, TheOAuth, ThePlatforms
from api.guard import GuardedRoute, Manager
from api.schemas.accounts import SIGN_IN_EXAMPLES, SignInBody
from api.schemas.names import Platform
from shared.accounts.begin_oauth import SignInBegun, begin_oauth
from shared.accounts.end_oauth import CameBack, end_oauth
from shared.accounts.view import AccountView

router = APIRouter(prefix="/api", tags=["accounts"], route_class=GuardedRoute)
PlatformPath = Annotated[Platform, Path(description="The platform's key, such as `tiktok`.")]
State = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$"), Query(description="As the platform sent it.")]
Code = Annotated[str, StringConstraints(pattern=r"^[ -~]{0,4096}$"), Query(description="As the platform sent it.")]
Refusal = Annotated[str, StringConstraints(pattern=r"^[ -~]{0,200}$"), Query(description="Why there is no code.")]


@router.post("/accounts/{platform}/connect")
async def start_oauth(
    caller: Manager,
    database: TheDatabase,
    keyring: TheKeyring,
    oauth: TheOAuth,
    platform: PlatformPath,
    body: Annotated[SignInBody, Body(openapi_examples=SIGN_IN_EXAMPLES)],
) -> SignInBegun:
    """Begin to connect an account by OAuth; the answer has the address at which to sign in."""
    wanted = body.as_sign_in(platform)
    return await begin_oauth(database=database, caller=caller, keyring=keyring, oauth_of=oauth, wanted=wanted)


@router.get("/oauth/callback")
async def finish_oauth(
    caller: Manager,
    database: TheDatabase,
    keyring: TheKeyring,
    oauth: TheOAuth,
    platforms: ThePlatforms,
    state: State,
    code: Code = "",
    error: Refusal = "",
) -> AccountView:
    """Finish the sign-in: once, within 10 minutes, as the one who began it."""
    came = CameBack(state, code or None, error or None)
    return await end_oauth(database=database, caller=caller, keyring=keyring, oauth_of=oauth, platforms=platforms, came=came)
