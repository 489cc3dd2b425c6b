"""Somebody sets a scope's limits."""

from __future__ import annotations

from shared.db import events
from shared.db.desk import Desk
from shared.engine.rules.limits import Limits, to_json
from shared.engine.store import budgets
from shared.identity.caller import Caller
from shared.limits import repository
from shared.limits.scope import limit_scope
from shared.limits.show import LimitsView, view
from shared.zone import require_zone


async def set_limits(*, desk: Desk, caller: Caller, scope: str, wanted: Limits) -> LimitsView:
    """Let these limits hold for the scope from the next intent on; who waits for the old ones is asked again.

    Raises:
        NotFound: there is no such scope, or no such time zone.
    """
    if wanted.quiet is not None and wanted.quiet.zone:
        require_zone(wanted.quiet.zone, field="quiet.zone")
    async with desk.change(caller.workspace_id) as connection:
        found = await limit_scope(connection, scope)
        await repository.keep(connection, caller.workspace_id, found.key, wanted)
        await budgets.open_scopes(connection, caller.workspace_id, [found.key])
        shown = await view(connection, caller, scope, found)
        data = {"scope": found.key, "limits": to_json(wanted), "by": caller.name}
        await events.append(connection, caller.workspace_id, "limits.changed", data)
    return shown
