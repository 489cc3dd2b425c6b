"""What there is to work with."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import TheDesk
from api.guard import GuardedRoute, Reader
from shared.resources.pages import PageChanges, list_page_changes
from shared.resources.platforms import PlatformResources, list_platforms

router = APIRouter(prefix="/api/resources", tags=["resources"], route_class=GuardedRoute)


@router.get("/platforms")
async def platform_resources(caller: Reader, desk: TheDesk) -> PlatformResources:
    """List the accounts with their state and their tightest budget."""
    return await list_platforms(desk=desk, caller=caller)


@router.get("/pages")
async def page_changes(caller: Reader, desk: TheDesk) -> PageChanges:
    """List what is paused because a page has changed, and places that another way than the first finds."""
    return await list_page_changes(desk=desk, caller=caller)
