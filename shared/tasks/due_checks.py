"""Which accounts are to be checked or read now? Each gets a task, one per lane at a time, and no second while it is open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.accounts.check_times import Check, next_check, next_reading, one_for_each_lane
from shared.accounts.lane import lane_for
from shared.accounts.lookup import due_checks
from shared.db import clock
from shared.engine.store import lanes, tasks
from shared.task_types.account_check import SPEC as CHECK
from shared.task_types.inbox_sync import SPEC as READING
from shared.task_types.spec import AnySpec
from shared.tasks.drafting.system_task import draft_system_task

SPECS: dict[due_checks.CheckType, AnySpec] = {"account_check": CHECK, "inbox_sync": READING}
# Work of people and other tasks on a lane comes first.
PRIORITY = 5


async def order_due_checks(
    *, engine: AsyncEngine, kind: Literal["account_check", "inbox_sync"], ways: Iterable[tuple[str, str]]
) -> int:
    """Order the checks that are due, for accounts over these (platform, transport); return how many.

    A repeated call orders nothing more: an ordered check is open, and its lane counts as busy.
    """
    spec = SPECS[kind]
    async with engine.begin() as connection:
        rows = {row.id: row for row in await due_checks.candidates(connection, kind, spec.capability, ways)}
        if not rows:
            return 0
        now = await clock.now(connection)
        chosen = await _choose(connection, kind, rows.values(), now)
        if chosen:
            await tasks.insert(connection, [_task(spec, rows[look.account], look.lane, now) for look in chosen])
    return len(chosen)


async def _choose(
    connection: AsyncConnection, kind: due_checks.CheckType, rows: Iterable[Row[Any]], now: datetime
) -> list[Check]:
    due = [look for row in rows if (look := _check_of(kind, row, now)).due_at <= now]
    if not due:
        return []
    at_it = await due_checks.open_checks(connection, kind)
    accounts = {row.account_id for row in at_it}
    served = {row.name for row in await lanes.lanes(connection) if row.workers}
    free = [look for look in due if look.account not in accounts]
    return one_for_each_lane(free, now, served=served, busy={row.lane for row in at_it})


def _check_of(kind: due_checks.CheckType, row: Row[Any], now: datetime) -> Check:
    if kind == "account_check":
        due_at = next_check(row.id, row.last_at or row.created_at)
    else:
        due_at = next_reading(row.inbox_every_s, row.last_at, now)
    return Check(row.id, lane_for(row.transport, row.platform, row.host), due_at)


def _task(spec: AnySpec, row: Row[Any], lane: str, now: datetime) -> dict[str, Any]:
    return draft_system_task(
        spec,
        spec.payload(),
        now,
        workspace_id=row.workspace_id,
        platform=row.platform,
        account_id=row.id,
        lane=lane,
        priority=PRIORITY,
        max_retries=1,
    )
