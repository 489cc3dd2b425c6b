"""Which workspaces may a caller act in, and how is another one created?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.cursor import id_in
from shared.db import events
from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import NotAllowed, Person, Role, Visitor
from shared.identity.store import people
from shared.ids import new_id
from shared.page import Page, View

MOST_WORKSPACES = 50


class WorkspaceView(View):
    """A tenant: accounts, tasks and members of its own."""

    id: UUID
    name: str
    role: Role | None = Field(description="What you are in it; null for an API key.")
    created_at: datetime


class WorkspacePage(Page[WorkspaceView]):
    """Workspaces, newest first."""


async def list_workspaces(*, database: Database, visitor: Visitor, cursor: str | None, limit: int) -> WorkspacePage:
    """Return a page of the workspaces of which a person is a member; for a key, its own."""
    if visitor.person is None:
        return await _only(database, visitor, cursor)
    before = id_in(cursor) if cursor else None
    async with database.personal(visitor.person.id) as connection:
        rows = await people.page_of_workspaces(connection, visitor.person.id, before=before, limit=limit + 1)
    items = [WorkspaceView.of(row) for row in rows[:limit]]
    return WorkspacePage.of(items, len(rows))


async def create_workspace(*, database: Database, person: Person, name: str) -> WorkspaceView:
    """Create a workspace that belongs to the person. Only an owner of one may: others are invited.

    Raises:
        NotAllowed: the person owns nothing here.
        Conflict: they are in as many workspaces as they may be.
    """
    workspace = new_id()
    async with database.change(workspace, person.id) as connection:
        roles = await people.roles_of(connection, person.id)
        if "owner" not in roles:
            raise NotAllowed(message="Only who owns a workspace may make another one.")
        if len(roles) >= MOST_WORKSPACES:
            raise Conflict(code="too_many", message=f"A person is in {MOST_WORKSPACES} workspaces at most.")
        await people.add_workspace(connection, workspace, name)
        await people.add_member(connection, workspace, person.id, "owner")
        row = await people.find_workspace(connection, workspace)
        data = {"person": str(person.id), "email": person.email, "role": "owner", "by": person.email}
        await events.append(connection, workspace, "member.joined", data)
    return WorkspaceView(id=workspace, name=name, role="owner", created_at=row.created_at)


async def _only(database: Database, visitor: Visitor, cursor: str | None) -> WorkspacePage:
    caller = visitor.caller
    if caller is None or cursor:
        return WorkspacePage.of([], 0)
    async with database.read(caller.workspace_id) as connection:
        row = await people.find_workspace(connection, caller.workspace_id)
    view = WorkspaceView(id=row.id, name=row.name, role=None, created_at=row.created_at)
    return WorkspacePage.of([view], 1)
