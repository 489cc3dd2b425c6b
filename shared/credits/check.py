"""A client wants an account's credits checked now."""

from __future__ import annotations

from uuid import UUID

from shared.accounts.ability import Abilities
from shared.credits.find import spending_account
from shared.db.database import Database
from shared.db.session import began
from shared.engine.store import tasks
from shared.engine.store.limits import credits
from shared.identity.caller import Caller
from shared.task_types.credits_check import SPEC
from shared.tasks.drafting.draft import Drafting, draft
from shared.tasks.drafting.order import TaskOrder
from shared.tasks.find import find_task
from shared.tasks.view import TaskView


async def check_credits(
    *, database: Database, caller: Caller, platform: str, account: str | None, abilities: Abilities, correlation_id: str
) -> TaskView:
    """Order a check, or return the one that is open already.

    Raises:
        NotFound: there is no such account.
        Invalid: the platform's credits cannot be read over the account's transport.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await spending_account(connection, platform, account)
        task_id: UUID | None = await credits.open_check(connection, row.id)
        if task_id is None:
            order = TaskOrder(SPEC, SPEC.payload(), platform=platform, account=row.handle)
            rows, _ = await draft(connection, [order], Drafting(caller, abilities, correlation_id, began(connection)))
            task_id = rows[0]["id"]
            await tasks.insert(connection, rows)
    return await find_task(database=database, caller=caller, task_id=task_id)
