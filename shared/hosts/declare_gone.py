"""A person marks a host as gone for good. What was lost on it counts as dead, and its accounts can be used elsewhere."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from shared.accounts.disconnect import disconnect_from_host
from shared.db import clock, events
from shared.db.database import Database
from shared.errors import Conflict, NotFound
from shared.hosts import repository
from shared.hosts.relay import Relay
from shared.hosts.revoke import revoke_host
from shared.hosts.view import HostView, view_host
from shared.identity.caller import Caller

SILENT_FOR = timedelta(seconds=120)  # longer than any lease


async def declare_gone(*, database: Database, caller: Caller, relay: Relay, host: UUID, note: str) -> HostView:
    """Revoke the host, and count everything that was lost on it as dead. Safe to repeat.

    Its accounts are signed in nowhere from then on, and no longer blocked by what ran there; each is connected again on
    another host, and its tasks follow. What may have been done is looked up on the platform, as after any loss.

    Raises:
        NotFound: the workspace has no such host.
        Conflict: its keeper reported a moment ago, or an attempt on it is still open.
    """
    async with database.read(caller.workspace_id) as connection:
        row = await repository.find(connection, caller.workspace_id, host)
        if row is None:
            raise NotFound(field="host", message=f"There is no host {host}.")
        now = await clock.now(connection)
        if row.keeper_seen_at is not None and now - row.keeper_seen_at < SILENT_FOR:
            message = f"Host {row.name} was heard of at {row.keeper_seen_at:%H:%M:%S} UTC: shut it down first."
            raise Conflict(code="host_alive", message=message)
    await revoke_host(database=database, caller=caller, relay=relay, host=host)
    async with database.change(caller.workspace_id) as connection:
        if await repository.has_open_attempts(connection, row.name):
            message = f"An attempt on {row.name} is still open; its lease ends within a minute."
            raise Conflict(code="attempt_open", message=message)
        dead = await repository.say_gone(connection, host, row.name)
        for account in await repository.accounts_on(connection, host):
            await disconnect_from_host(connection, caller.workspace_id, account, row.name)
        data = {"host": row.name, "by": caller.name, "note": note, "attempts": dead}
        await events.append(connection, caller.workspace_id, "host.gone", data)
        found = await repository.find(connection, caller.workspace_id, host)
    return view_host(found or row)
