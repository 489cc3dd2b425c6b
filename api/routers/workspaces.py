"""Workspaces: where one may act."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from api.deps import TheDatabase
from api.guard import AnyPerson, AnyVisitor, GuardedRoute
from api.schemas.identity import WORKSPACE_EXAMPLES, WorkspaceBody
from api.schemas.parameter import Cursor, Limit
from shared.identity.workspaces import WorkspacePage, WorkspaceView, create_workspace, list_workspaces

router = APIRouter(prefix="/api/workspaces", tags=["workspaces"], route_class=GuardedRoute)


@router.get("")
async def list_(visitor: AnyVisitor, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> WorkspacePage:
    """List the workspaces of which you are a member; for an API key, its own."""
    return await list_workspaces(database=database, visitor=visitor, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def create(
    person: AnyPerson, database: TheDatabase, body: Annotated[WorkspaceBody, Body(openapi_examples=WORKSPACE_EXAMPLES)]
) -> WorkspaceView:
    """Create a workspace of your own; only people who own one already may."""
    return await create_workspace(database=database, person=person, name=body.name)
