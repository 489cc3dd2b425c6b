"""Accounts: connecting them, reading them, pausing and resuming them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from pydantic import StrictBool

from api.deps import CorrelationId, TheAbilities, TheDatabase, TheKeyring, TheOAuth, ThePlatforms
from api.guard import GuardedRoute, Manager, Reader, Submitter
from api.schemas.accounts import (
    ACCOUNT_EXAMPLES,
    CHANGE_EXAMPLES,
    AccountBody,
    AccountPatch,
)
from api.schemas.names import Handle, Platform
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Body as BodyModel
from shared.accounts.change import change_account
from shared.accounts.connect import connect_account
from shared.accounts.consent import ConsentView, give_consent, show_consent
from shared.accounts.disconnect import disconnect_account
from shared.accounts.find import find_account
from shared.accounts.page import AccountPage, list_accounts
from shared.accounts.pause import pause_account
from shared.accounts.remove import remove_account
from shared.accounts.resume import resume_account
from shared.accounts.view import AccountView
from shared.tasks.check_account import check_account
from shared.tasks.view import TaskView

CONSENT_EXAMPLES: dict[str, Any] = {"accept": {"summary": "Accept the rule", "value": {"accept": True}}}
router = APIRouter(prefix="/api/accounts", tags=["accounts"], route_class=GuardedRoute)
PlatformPath = Annotated[Platform, Path(description="The platform's key, such as `instagram`.")]
HandlePath = Annotated[Handle, Path(description="The account's handle.")]


class ConsentBody(BodyModel):
    """Whether the platform's rule is accepted."""

    accept: StrictBool


@router.get("")
async def list_(caller: Reader, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> AccountPage:
    """List the workspace's accounts."""
    return await list_accounts(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def connect(
    caller: Manager,
    database: TheDatabase,
    keyring: TheKeyring,
    platforms: ThePlatforms,
    body: Annotated[AccountBody, Body(openapi_examples=ACCOUNT_EXAMPLES)],
) -> AccountView:
    """Connect an account with a secret, or one that is to be signed in in a browser; a known one keeps its id."""
    return await connect_account(
        database=database, caller=caller, keyring=keyring, platforms=platforms, wanted=body.as_new()
    )


@router.get("/{platform}/{handle}")
async def get(caller: Reader, database: TheDatabase, platform: PlatformPath, handle: HandlePath) -> AccountView:
    """Show one account."""
    return await find_account(database=database, caller=caller, platform=platform, handle=handle)


@router.patch("/{platform}/{handle}")
async def update(
    caller: Manager,
    database: TheDatabase,
    platforms: ThePlatforms,
    platform: PlatformPath,
    handle: HandlePath,
    body: Annotated[AccountPatch, Body(openapi_examples=CHANGE_EXAMPLES)],
) -> AccountView:
    """Move an account to another persona, or set how often its inbox is read."""
    return await change_account(
        database=database, caller=caller, platforms=platforms, platform=platform, handle=handle, wanted=body.as_change()
    )


@router.delete("/{platform}/{handle}")
async def delete(caller: Manager, database: TheDatabase, platform: PlatformPath, handle: HandlePath) -> AccountView:
    """Remove an account that never did anything; one with a history can only be disconnected."""
    return await remove_account(database=database, caller=caller, platform=platform, handle=handle)


@router.post("/{platform}/{handle}/disconnect")
async def disconnect(
    caller: Manager,
    database: TheDatabase,
    keyring: TheKeyring,
    oauth: TheOAuth,
    platform: PlatformPath,
    handle: HandlePath,
) -> AccountView:
    """Forget an account's credentials; it keeps its id and history, and its tasks wait."""
    return await disconnect_account(
        database=database, caller=caller, keyring=keyring, oauth_of=oauth, platform=platform, handle=handle
    )


@router.post("/{platform}/{handle}/check", status_code=HTTPStatus.CREATED)
async def check(
    caller: Submitter,
    database: TheDatabase,
    abilities: TheAbilities,
    correlation_id: CorrelationId,
    platform: PlatformPath,
    handle: HandlePath,
) -> TaskView:
    """Check the account on its platform, writing nothing there; the answer is the task that checks."""
    return await check_account(
        database=database,
        caller=caller,
        platform=platform,
        handle=handle,
        abilities=abilities,
        correlation_id=correlation_id,
    )


@router.get("/{platform}/{handle}/consent")
async def get_consent(caller: Reader, database: TheDatabase, platform: PlatformPath, handle: HandlePath) -> ConsentView:
    """Show what the platform's rules say about acting through this account, and whether that was accepted."""
    return await show_consent(database=database, caller=caller, platform=platform, handle=handle)


@router.post("/{platform}/{handle}/consent")
async def update_consent(
    caller: Manager,
    database: TheDatabase,
    platform: PlatformPath,
    handle: HandlePath,
    body: Annotated[ConsentBody, Body(openapi_examples=CONSENT_EXAMPLES)],
) -> ConsentView:
    """Accept the platform's rule for this account, or take that back."""
    return await give_consent(database=database, caller=caller, platform=platform, handle=handle, accept=body.accept)


@router.post("/{platform}/{handle}/pause")
async def pause(caller: Manager, database: TheDatabase, platform: PlatformPath, handle: HandlePath) -> AccountView:
    """Pause the account: it does nothing until it is resumed."""
    return await pause_account(database=database, caller=caller, platform=platform, handle=handle)


@router.post("/{platform}/{handle}/resume")
async def resume(caller: Manager, database: TheDatabase, platform: PlatformPath, handle: HandlePath) -> AccountView:
    """Resume the account, whatever it was paused for."""
    return await resume_account(database=database, caller=caller, platform=platform, handle=handle)
