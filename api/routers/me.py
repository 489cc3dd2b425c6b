"""The caller."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import TheDesk
from api.guard import AnyVisitor, GuardedRoute
from shared.identity.me import Me, describe_caller

router = APIRouter(prefix="/api/me", tags=["people"], route_class=GuardedRoute)


@router.get("")
async def me(visitor: AnyVisitor, desk: TheDesk) -> Me:
    """Show the key or the person that asks, their workspace, and what they may do in it."""
    return await describe_caller(desk=desk, visitor=visitor)
