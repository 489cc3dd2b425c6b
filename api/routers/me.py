"""The caller."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import TheDesk
from api.guard import GuardedRoute, Reader
from shared.identity.me import Me, describe_caller

router = APIRouter(prefix="/api/me", tags=["identity"], route_class=GuardedRoute)


@router.get("")
async def me(caller: Reader, desk: TheDesk) -> Me:
    """Show the key that asks, and its workspace."""
    return await describe_caller(desk=desk, caller=caller)
