"""A client submits many tasks, all or none."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from shared.accounts.ability import Abilities
from shared.db.database import Database
from shared.db.session import began
from shared.engine.store import new_tasks
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.tasks.drafting.draft import Drafting, draft_many
from shared.tasks.drafting.order import TaskOrder, cycle_in
from shared.tasks.idempotency import Idempotency


class Submitted(BaseModel):
    """The tasks that were stored."""

    ids: list[UUID] = Field(description="In the order of the request.")


async def submit_tasks(
    *,
    database: Database,
    caller: Caller,
    orders: list[TaskOrder],
    abilities: Abilities,
    correlation_id: str,
    idempotency: Idempotency | None = None,
) -> Submitted:
    """Store all tasks in one transaction.

    Raises:
        NotFound, Invalid: as `draft`; nothing was stored.
        Conflict: tasks of the batch wait for each other in a circle.
        Conflict, Invalid: as `Idempotency.kept`.
    """
    async with database.change(caller.workspace_id) as connection:
        if idempotency is not None and (kept := await idempotency.kept(connection)) is not None:
            return Submitted.model_validate(kept)
        by = Drafting(caller, abilities, correlation_id, began(connection), batch=True)
        new, needed = await draft_many(connection, orders, by)
        if (number := cycle_in(orders)) is not None:
            field = f"tasks[{number}].dependencies"
            raise Conflict(code="cycle", field=field, message="These tasks wait for each other in a circle.")
        answer = Submitted(ids=new.ids)
        if idempotency is not None:
            await idempotency.keep(connection, answer.model_dump(mode="json"))
        await new_tasks.store(connection, new, needed)
    return answer
