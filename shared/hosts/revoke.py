"""How is a host revoked? At once, whatever it does."""

from __future__ import annotations

from uuid import UUID

from shared.db import events
from shared.db.database import Database
from shared.errors import NotFound
from shared.hosts import repository
from shared.hosts.relay import Relay
from shared.hosts.view import HostView, view_host
from shared.identity.caller import Caller


async def revoke_host(*, database: Database, caller: Caller, relay: Relay, host: UUID) -> HostView:
    """Revoke a host's credentials and its token, and end its sessions. Safe to repeat.

    Its tasks wait for a worker on its lane; a task that it was about to act for waits until the host is known to be dead.

    Raises:
        NotFound: the workspace has no such host.
    """
    async with database.change(caller.workspace_id) as connection:
        was_open = await repository.close_door(connection, host)
        row = await repository.find(connection, caller.workspace_id, host)
        if row is None:
            raise NotFound(field="host", message=f"There is no host {host}.")
        if was_open:
            data = {"host": row.name, "by": caller.name}
            await events.append(connection, caller.workspace_id, "host.revoked", data)
    await relay.shut(host)
    return view_host(row)
