"""How do the slots of schedules become tasks? Each once, by the leader, and one at most after a pause.

Slots are computed between the transactions, so that none is held open by arithmetic; a change meanwhile is
noticed by the row's version and left for the next look.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.approvals.decide import decide_all
from shared.db.session import single_statements
from shared.engine.rules.approval import FREE, Asking, Requirement
from shared.engine.rules.recurrence.rrule import read_rule
from shared.engine.rules.recurrence.schedules import Decision, Earlier, Policy, Recurrence, decide, next_slot
from shared.engine.store import slots, tasks
from shared.engine.store.dependencies import NewDependency
from shared.engine.store.rows.schedule_rows import DueSchedule
from shared.ids import new_id
from shared.schedules.order import OF_TASK
from shared.settings import Settings
from shared.task_types.registry import TASK_TYPES
from shared.tasks.drafting.draft import approval_of

log = structlog.get_logger()

Due = list[tuple[DueSchedule, dict[str, Any]]]
Fence = Callable[[AsyncConnection], Awaitable[None]]
AT_ONCE = 500
LONGEST_S = 0.5  # of arithmetic in one look; the rest stays due


async def fill(engine: AsyncEngine, settings: Settings, fence: Fence) -> None:
    """Make a task of each slot that has come, or note why there is none."""
    async with single_statements(engine).connect() as connection:
        rows = await slots.due(connection, AT_ONCE)
    made, skipped = _work_out(rows, timedelta(seconds=settings.schedule_late_s))
    skipped += await _make(engine, fence, made)
    if skipped:
        async with engine.begin() as connection:
            await fence(connection)
            await slots.skip(connection, skipped)
        log.info("schedule.skipped", schedules=len(skipped))


async def _make(engine: AsyncEngine, fence: Fence, made: Due) -> list[dict[str, Any]]:
    """Make the tasks of these slots in one transaction; return those that cannot be made, which do not affect the others."""
    if not made:
        return []
    try:
        async with engine.begin() as connection:
            await fence(connection)
            await _order(connection, made)
    except (KeyError, ValueError, IntegrityError, DataError):
        if len(made) > 1:
            return [unmade for one in made for unmade in await _make(engine, fence, [one])]
        row, move = made[0]
        log.exception("schedule.unreadable", schedule=str(row.id))
        return [_unreadable(row, move)]
    return []


async def _order(connection: AsyncConnection, made: Due) -> None:
    moved = await slots.advance(connection, [move for _, move in made])
    due = [(row, move) for row, move in made if row.id in moved]
    occurrences = await _occurrences(connection, due)
    before = [
        NewDependency(task["id"], earlier, row.workspace_id, until="finished")
        for task, (row, _) in zip(occurrences, due, strict=True)
        for earlier in row.active
    ]
    await tasks.insert(connection, occurrences, before)


def _unreadable(row: DueSchedule, move: dict[str, Any]) -> dict[str, Any]:
    """Return the move that ends a schedule stored by a version that knew more types, rules or zones, and that says so."""
    return move | {"next_at": None, "slot": row.due, "why": "unreadable"}


def _work_out(rows: Sequence[DueSchedule], late: timedelta) -> tuple[Due, list[dict[str, Any]]]:
    made: Due = []
    skipped, begun = [], time.monotonic()
    for row in rows:
        move: dict[str, Any] = {"id": row.id, "version": row.version}
        try:
            decided, move["next_at"] = _decide(row, late)
        except (ValueError, KeyError, OverflowError):
            log.exception("schedule.unreadable", schedule=str(row.id))
            skipped.append(_unreadable(row, move))
            continue
        if decided.skipped:
            skipped.append(move | {"slot": decided.slot, "why": decided.skipped})
        else:
            made.append((row, move | {"slot": decided.slot}))
        if time.monotonic() - begun > LONGEST_S:
            break
    return made, skipped


def _decide(row: DueSchedule, late: timedelta) -> tuple[Decision, datetime | None]:
    when = Recurrence(read_rule(row.rule), ZoneInfo(row.zone), row.starts_at, row.ends_at, frozenset(row.exdates))
    policy = Policy(row.missed, row.overlap, late)
    decided = decide(when, row.due, row.now, policy, Earlier(row.waiting, len(row.active)))
    return decided, next_slot(when, row.now)


async def _occurrences(connection: AsyncConnection, due: Due) -> list[dict[str, Any]]:
    """Return the tasks of these slots, each approved or waiting as the rules say now."""
    decided: dict[UUID, Requirement] = {}
    for workspace in sorted({row.workspace_id for row, _ in due}):
        outward = [row for row, _ in due if row.workspace_id == workspace and TASK_TYPES[row.type].effects]
        if outward:
            asking = [Asking(row.persona_id, row.platform, row.type, row.author) for row in outward]
            answers = await decide_all(connection, workspace, asking, outward[0].now)
            decided |= {row.id: decision for row, decision in zip(outward, answers, strict=True)}
    return [_occurrence(row, move, decided.get(row.id, FREE)) for row, move in due]


def _occurrence(row: DueSchedule, move: dict[str, Any], decision: Requirement) -> dict[str, Any]:
    task_id: UUID = new_id()
    slot: datetime = move["slot"]
    own = {name: getattr(row, name) for name in OF_TASK} | {"scheduled_for": slot}
    return (
        own
        | approval_of(own, decision, row.now)
        | {
            "id": task_id,
            "workspace_id": row.workspace_id,
            "due_at": row.now,
            "run_id": new_id() if TASK_TYPES[row.type].begins_run else None,
            "schedule_id": row.id,
            "schedule_slot": slot,
            "correlation_id": f"schedule:{row.id}:{slot.isoformat()}",
        }
    )
