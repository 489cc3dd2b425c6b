"""Budgets that are full after an effect are parked, so that no task behind them is released in vain."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.engine.store import facts
from shared.engine.store.limits import budgets
from shared.engine.store.rows.task_rows import ClaimedTask


async def park_full(engine: AsyncEngine, task: ClaimedTask) -> None:
    """Count the ledger of the task's account anew and park its scopes until there is room; does nothing without limits."""
    async with engine.begin() as connection:
        known = await facts.load(connection, lanes=[], accounts=[task.acting.id])
        account = known.accounts.get(task.acting.id)
        if account is None or not account.limits:
            return
        await budgets.lock(connection, task.workspace_id, [account])
        standing = await budgets.standing(connection, task.workspace_id, [account], known.now)
        await budgets.park(connection, task.workspace_id, standing, known.now)
