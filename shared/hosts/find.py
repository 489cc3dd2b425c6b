"""Which hosts has a workspace?"""

from __future__ import annotations

from uuid import UUID

from shared.cursor import id_in
from shared.db.database import Database
from shared.errors import NotFound
from shared.hosts import repository
from shared.hosts.view import HostPage, HostView, view_host
from shared.identity.caller import Caller


async def list_hosts(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> HostPage:
    """Return a page of the workspace's hosts, newest first."""
    before = id_in(cursor) if cursor else None
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, caller.workspace_id, before=before, limit=limit + 1)
    items = [view_host(row) for row in rows[:limit]]
    return HostPage.of(items, len(rows))


async def find_host(*, database: Database, caller: Caller, host: UUID) -> HostView:
    """Return one host.

    Raises:
        NotFound: the workspace has no such host.
    """
    async with database.read(caller.workspace_id) as connection:
        row = await repository.find(connection, caller.workspace_id, host)
    if row is None:
        raise NotFound(field="host", message=f"There is no host {host}.")
    return view_host(row)
