"""Whom and what does somebody mean who asks the audit log for one actor, or for one kind of change?"""

from __future__ import annotations

from shared.db import audit_log
from shared.db.database import Database
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.names import find_name, no_such_name, require_name

_OF_ROWS = ("created", "changed", "deleted")
# What people and keys do to a task, as the log's trigger says it.
_OF_TASKS = ("approved", "cancel_requested", "cancelled", "changed", "rejected", "replayed", "resolved")


async def find_actor(*, database: Database, caller: Caller, actor: str) -> str:
    """Return the actor as the log says it: who has done something, a key or a member.

    Raises:
        NotFound: there is none of this name; the message says which there are.
    """
    async with database.read(caller.workspace_id) as connection:
        known = await audit_log.actors(connection, caller.workspace_id)
    return actor if actor in known else require_name("actor", actor, known, field="actor")


async def find_action(*, database: Database, caller: Caller, action: str) -> str:
    """Return the action, or what stands before the dot of several, as the log says it.

    Raises:
        NotFound: nothing is called so; the message says what is.
    """
    async with database.read(caller.workspace_id) as connection:
        kinds: dict[str, tuple[str, ...]] = dict.fromkeys(await audit_log.audited_tables(connection), _OF_ROWS)
        kinds |= {"tasks": _OF_TASKS, "sessions": (*_OF_ROWS, "refused")}
        of_kind = {kind: [f"{kind}.{did}" for did in done] for kind, done in kinds.items()}
        found = find_name(action, [*of_kind, *(one for every in of_kind.values() for one in every)])
        if found is None and await audit_log.has_action(connection, action):
            found = action  # an older version called it so
    if found is None:
        kind = find_name(action.partition(".")[0], list(of_kind))
        raise NotFound(field="action", message=no_such_name("action", action, of_kind[kind] if kind else of_kind))
    return found
