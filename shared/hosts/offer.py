"""How does a host get the token with which it joins?"""

from __future__ import annotations

from shared.db import events
from shared.db.database import Database
from shared.errors import Conflict
from shared.hosts import repository
from shared.hosts.view import HostOffered, view_host
from shared.identity.caller import Caller
from shared.identity.opaque import HOST, make_opaque

OPEN_FOR_S = 900.0
MOST = 200


async def offer_host(*, database: Database, caller: Caller, name: str) -> HostOffered:
    """Make a host, or find it, and return a token that joins it once within 15 minutes; an earlier token is void.

    Raises:
        Conflict: the name is taken, or the workspace has as many hosts as it may have.
    """
    made = make_opaque(HOST)
    async with database.change(caller.workspace_id) as connection:
        row = await repository.ensure(connection, caller.workspace_id, name)
        if row is None:
            raise Conflict(code="name_taken", field="name", message=f"The name {name!r} is taken: choose another one.")
        if await repository.count(connection, caller.workspace_id) > MOST:
            raise Conflict(code="too_many", message=f"A workspace has {MOST} hosts at most.")
        expires_at = await repository.offer(connection, caller.workspace_id, row.id, made.hash, OPEN_FOR_S)
        await events.append(connection, caller.workspace_id, "host.offered", {"host": name, "by": caller.name})
    return HostOffered(**view_host(row).model_dump(), token=made.text, expires_at=expires_at)
