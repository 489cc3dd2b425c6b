"""Setting a scope's limits."""

from __future__ import annotations

from dataclasses import replace

from shared.db import events
from shared.db.database import Database
from shared.engine.rules.limits import ANY, Limits, Rule, to_json
from shared.engine.store.limits import budgets
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.limits import repository
from shared.limits.scope import limit_scope
from shared.limits.view import LimitsView, view_limits
from shared.names import Names, find_name, known_names
from shared.task_types.registry import outward_actions
from shared.zone import require_zone


async def set_limits(*, database: Database, caller: Caller, scope: str, wanted: Limits, platforms: Names) -> LimitsView:
    """Set the scope's limits from the next intent on; tasks that wait for the old ones are asked again.

    Raises:
        NotFound: there is no such scope, action or time zone.
    """
    wanted = replace(wanted, rules=tuple(_named(number, rule) for number, rule in enumerate(wanted.rules)))
    if wanted.quiet is not None and wanted.quiet.zone:
        require_zone(wanted.quiet.zone, field="quiet.zone")
    async with database.change(caller.workspace_id) as connection:
        found = await limit_scope(connection, scope, platforms)
        await repository.keep(connection, caller.workspace_id, found.key, wanted)
        await budgets.open_scopes(connection, caller.workspace_id, [found.key])
        shown = await view_limits(connection, caller, scope, found)
        data = {"scope": found.key, "limits": to_json(wanted), "by": caller.name}
        await events.append(connection, caller.workspace_id, "limits.changed", data)
    return shown


def _named(number: int, rule: Rule) -> Rule:
    """Return the rule with its action by the name under which it is counted.

    Raises:
        NotFound: there is no such action, so that the rule would never apply.
    """
    known = outward_actions()
    action = ANY if rule.action == ANY else find_name(rule.action, known)
    if action is None:
        message = f"There is no action {rule.action[:40]!r}; there are {known_names(known)}, and {ANY} for any."
        raise NotFound(field=f"rules[{number}].action", message=message)
    return replace(rule, action=action)
