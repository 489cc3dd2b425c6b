"""Reading and setting the workspace's rules about which tasks need approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities
from shared.approvals import repository
from shared.db.database import Database
from shared.engine.rules.approval import Rule
from shared.errors import Conflict, NotFound
from shared.identity.caller import Caller
from shared.personas.exists import persona_ids
from shared.task_types.registry import TASK_TYPES


@dataclass(frozen=True, slots=True)
class Rules:
    """A workspace's rules, in their order. `four_eyes`: nobody approves what AI wrote on their own order."""

    rules: Sequence[Rule]
    four_eyes: bool


async def show_rules(*, database: Database, caller: Caller) -> Rules:
    """Return the workspace's rules; none as long as nobody has set any."""
    async with database.read(caller.workspace_id) as connection:
        four_eyes = await repository.four_eyes(connection, caller.workspace_id)
        return Rules(await repository.rules(connection, caller.workspace_id), four_eyes)


async def asks_for_four_eyes(connection: AsyncConnection, workspace: UUID) -> bool:
    """Return whether what AI wrote is approved by somebody other than who ordered it."""
    return await repository.four_eyes(connection, workspace)


async def set_rules(
    *, database: Database, caller: Caller, wanted: Sequence[Rule], abilities: Abilities, four_eyes: bool | None = None
) -> Rules:
    """Set the rules for what is submitted from now on; tasks that wait already still wait.

    `four_eyes` None leaves that as it is.

    Raises:
        NotFound: a persona, platform or type that a rule names does not exist, so that it would never apply.
        Conflict: two rules have the same name.
    """
    if len({rule.name for rule in wanted}) < len(wanted):
        raise Conflict(code="same_name", field="rules", message="Two rules have the same name.")
    platforms = {way.platform for way in abilities}
    async with database.change(caller.workspace_id) as connection:
        known = await persona_ids(connection)
        for number, rule in enumerate(wanted):
            _require("persona_id", number, rule.persona_id, known)
            _require("platform", number, rule.platform, platforms)
            _require("type", number, rule.type, TASK_TYPES)
        kept = await repository.keep(connection, caller.workspace_id, wanted, four_eyes)
    return Rules(list(wanted), kept)


def _require(field: str, number: int, value: object, known: Any) -> None:
    if value is not None and value not in known:
        raise NotFound(field=f"rules[{number}].{field}", message=f"There is no {field.removesuffix('_id')} {value}.")
