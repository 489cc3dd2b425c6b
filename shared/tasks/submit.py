"""A client submits one task."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities
from shared.db.database import Database
from shared.db.session import began
from shared.engine.rules.facts import Facts
from shared.engine.store import facts, tasks
from shared.engine.store.dependencies import NewDependency
from shared.engine.store.rows.task_rows import as_stored
from shared.identity.caller import Caller
from shared.tasks.drafting.draft import Drafting, draft
from shared.tasks.drafting.order import TaskOrder
from shared.tasks.idempotency import Idempotency
from shared.tasks.needed_view import view_needed
from shared.tasks.view import TaskView, closed_gates, view_task


async def submit_task(
    *,
    database: Database,
    caller: Caller,
    order: TaskOrder,
    abilities: Abilities,
    correlation_id: str,
    idempotency: Idempotency | None = None,
) -> TaskView:
    """Store the task and its event in one transaction; a repeated request gets the answer of the first.

    Raises:
        NotFound, Invalid: as `draft`.
        Conflict, Invalid: as `Idempotency.kept`.
    """
    async with database.change(caller.workspace_id) as connection:
        if idempotency is not None and (kept := await idempotency.kept(connection)) is not None:
            return TaskView.model_validate(kept)
        by = Drafting(caller, abilities, correlation_id, began(connection))
        rows, needed = await draft(connection, [order], by)
        if idempotency is not None:
            view = await _preview(connection, rows[0], needed, order.account)
            await idempotency.keep(connection, view.model_dump(mode="json"))
        await tasks.insert(connection, rows, needed)
    if idempotency is None:
        # Built after the commit, so that the task is on its way meanwhile.
        async with database.read(caller.workspace_id) as connection:
            view = await _preview(connection, rows[0], needed, order.account)
    return view


async def _preview(
    connection: AsyncConnection, row: dict[str, Any], needed: list[NewDependency], account: str | None
) -> TaskView:
    """Return the task as it was stored, whatever has become of it since."""
    account_ids: list[UUID] = [row["account_id"]] if row["account_id"] else []
    whose = [row["workspace_id"]]
    known: Facts = await facts.load(connection, lanes=[row["lane"]], accounts=account_ids, workspaces=whose)
    full = as_stored(row, account)
    states = await tasks.states(connection, [one.depends_on_id for one in needed]) if needed else {}
    others = [(one, states[one.depends_on_id]) for one in needed]
    waits = tuple(one.seen(state.status, state.finished_at) for one, state in others)
    return view_task(full, closed_gates(facts.facts_of(full, waits), known), view_needed(needed))
