"""Accounts: seeing them, stopping them, letting them go on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from pydantic import StrictBool

from api.deps import TheDesk
from api.guard import GuardedRoute, Manager, Reader
from api.schemas.parameter import Cursor, Limit
from api.schemas.task import Body as BodyModel
from api.schemas.task import Handle, Platform
from shared.accounts.consent import ConsentView, give_consent, show_consent
from shared.accounts.find import find_account
from shared.accounts.page import AccountPage, list_accounts
from shared.accounts.pause import pause_account
from shared.accounts.resume import resume_account
from shared.accounts.view import AccountView

CONSENT_EXAMPLES: dict[str, Any] = {"accept": {"summary": "Accept the rule", "value": {"accept": True}}}
router = APIRouter(prefix="/api/accounts", tags=["accounts"], route_class=GuardedRoute)
PlatformPath = Annotated[Platform, Path(description="The platform's key, such as `instagram`.")]
HandlePath = Annotated[Handle, Path(description="The account's handle.")]


class ConsentBody(BodyModel):
    """Yes or no."""

    accept: StrictBool


@router.get("")
async def accounts(caller: Reader, desk: TheDesk, cursor: Cursor = None, limit: Limit = 50) -> AccountPage:
    """List the workspace's accounts."""
    return await list_accounts(desk=desk, caller=caller, cursor=cursor, limit=limit)


@router.get("/{platform}/{handle}")
async def show_account(caller: Reader, desk: TheDesk, platform: PlatformPath, handle: HandlePath) -> AccountView:
    """Show one account."""
    return await find_account(desk=desk, caller=caller, platform=platform, handle=handle)


@router.get("/{platform}/{handle}/consent")
async def consent(caller: Reader, desk: TheDesk, platform: PlatformPath, handle: HandlePath) -> ConsentView:
    """Show what the platform's rules say about acting through this account, and whether that was accepted."""
    return await show_consent(desk=desk, caller=caller, platform=platform, handle=handle)


@router.post("/{platform}/{handle}/consent")
async def accept_consent(
    caller: Manager,
    desk: TheDesk,
    platform: PlatformPath,
    handle: HandlePath,
    body: Annotated[ConsentBody, Body(openapi_examples=CONSENT_EXAMPLES)],
) -> ConsentView:
    """Accept the platform's rule for this account, or take that back."""
    return await give_consent(desk=desk, caller=caller, platform=platform, handle=handle, accept=body.accept)


@router.post("/{platform}/{handle}/pause")
async def stop_account(caller: Manager, desk: TheDesk, platform: PlatformPath, handle: HandlePath) -> AccountView:
    """Let the account do nothing until it is resumed."""
    return await pause_account(desk=desk, caller=caller, platform=platform, handle=handle)


@router.post("/{platform}/{handle}/resume")
async def release_account(caller: Manager, desk: TheDesk, platform: PlatformPath, handle: HandlePath) -> AccountView:
    """Let the account act again, whatever it was paused for."""
    return await resume_account(desk=desk, caller=caller, platform=platform, handle=handle)
