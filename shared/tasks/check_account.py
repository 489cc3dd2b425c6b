"""A client wants an account checked now."""

from __future__ import annotations

from uuid import UUID

from shared.accounts.ability import Abilities, Way
from shared.accounts.find import existing
from shared.db.database import Database
from shared.db.session import began
from shared.engine.store import tasks
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.task_types.account_check import SPEC
from shared.tasks.drafting.draft import Drafting, draft
from shared.tasks.drafting.order import TaskOrder
from shared.tasks.find import find_task
from shared.tasks.view import TaskView


async def check_account(
    *, database: Database, caller: Caller, platform: str, handle: str, abilities: Abilities, correlation_id: str
) -> TaskView:
    """Order a check, or return the one that has not begun yet.

    Raises:
        NotFound: there is no such account.
        Conflict: the platform offers no check over the account's transport.
    """
    async with database.change(caller.workspace_id) as connection:
        account = await existing(connection, platform, handle)
        ability = abilities.get(Way(platform, SPEC.capability, account.transport))
        if ability is None or ability.unsupported:
            message = f"{platform} cannot be checked over {account.transport}."
            raise Conflict(code="unsupported", field="platform", message=message)
        task_id: UUID | None = await tasks.not_begun(connection, account.id, SPEC.type)
        if task_id is None:
            order = TaskOrder(SPEC, SPEC.payload(), platform=platform, account=account.handle)
            rows, _ = await draft(connection, [order], Drafting(caller, abilities, correlation_id, began(connection)))
            task_id = rows[0]["id"]
            await tasks.insert(connection, rows)
    return await find_task(database=database, caller=caller, task_id=task_id)
