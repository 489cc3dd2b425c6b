"""Which accounts' credits are to be checked now? Each gets a `credits_check`, and no second one while that is open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.accounts.lane import lane_for
from shared.db import clock
from shared.engine.rules.credits import UNREAD, next_look
from shared.engine.store import tasks
from shared.engine.store.limits import credits
from shared.task_types.credits_check import SPEC
from shared.tasks.drafting.system_task import draft_system_task


async def order_due_checks(*, engine: AsyncEngine, ways: Iterable[tuple[str, str]]) -> int:
    """Order the checks that are due, for accounts over these (platform, transport); return how many."""
    async with engine.begin() as connection:
        now = await clock.now(connection)
        due = [row for row in await credits.to_poll(connection, ways) if _due_at(row) <= now]
        if due:
            await tasks.insert(connection, [_check(row, now) for row in due])
    return len(due)


def _due_at(row: Row[Any]) -> datetime:
    ledger = credits.read(row.credits).get(row.id, UNREAD)
    return next_look(ledger, since=row.created_at, waiting_since=row.waiting_since, failed_at=row.failed_at)


def _check(row: Row[Any], now: datetime) -> dict[str, Any]:
    return draft_system_task(
        SPEC,
        SPEC.payload(),
        now,
        workspace_id=row.workspace_id,
        platform=row.platform,
        account_id=row.id,
        lane=lane_for(row.transport, row.platform, row.host),
        max_retries=3,
    )
