"""Resources: platforms and their accounts, pages, credits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import TheDatabase
from api.guard import GuardedRoute, Reader
from api.schemas.names import Handle
from shared.credits.find import CreditsView, find_credits
from shared.credits.trilogy import PLATFORM
from shared.resources.pages import PageChanges, list_page_changes
from shared.resources.platforms import PlatformResources, list_platform_resources

router = APIRouter(prefix="/api/resources", tags=["resources"], route_class=GuardedRoute)
Account = Annotated[Handle | None, Query(description="The account's handle; else the one that was connected first.")]


@router.get("/platforms")
async def list_platforms(caller: Reader, database: TheDatabase) -> PlatformResources:
    """List the accounts with their state and their tightest budget."""
    return await list_platform_resources(database=database, caller=caller)


@router.get("/pages")
async def list_pages(caller: Reader, database: TheDatabase) -> PageChanges:
    """List what is paused because a page has changed, and elements that another way than the first finds."""
    return await list_page_changes(database=database, caller=caller)


@router.get("/sora")
async def get_credits(caller: Reader, database: TheDatabase, account: Account = None) -> CreditsView:
    """Show the same as `/api/sora/credits`."""
    return await find_credits(database=database, caller=caller, platform=PLATFORM, account=account)
