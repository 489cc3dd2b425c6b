"""How do the rows of `beat_schedule.py` become tasks? Each slot once, whoever makes it, and no burst after a pause."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from beat_schedule import TIMETABLE
from shared.engine.store import tasks
from shared.ids import SYSTEM_WORKSPACE
from shared.task_types.registry import TASK_TYPES
from shared.tasks.drafting.system_task import draft_system_task

Fence = Callable[[AsyncConnection], Awaitable[None]]

_filled: dict[str, int] = {}


def slot_of(entry: Mapping[str, Any], now: datetime) -> datetime:
    """Return the start of the period that contains `now`."""
    every = int(entry["every_s"])
    return datetime.fromtimestamp(int(now.timestamp()) // every * every, UTC)


def rows(now: datetime, *, asleep: bool = False) -> list[dict[str, Any]]:
    """Return the present slot of every entry as a task row; asleep only of those that run all the same."""
    return [
        _row(name, entry, slot_of(entry, now), now)
        for name, entry in TIMETABLE.items()
        if entry["runs_asleep"] or not asleep
    ]


def next_slot_s(now: datetime) -> float:
    """Return in how many seconds the next slot comes that is filled asleep as well."""
    entries: list[Mapping[str, Any]] = [entry for entry in TIMETABLE.values() if entry["runs_asleep"]]
    return min((entry["every_s"] - now.timestamp() % entry["every_s"] for entry in entries), default=float("inf"))


async def fill(engine: AsyncEngine, fence: Fence, *, asleep: bool = False) -> None:
    """Make tasks of the present slots; the database ignores those that exist."""
    due = [row for row in rows(datetime.now(UTC), asleep=asleep) if _filled.get(row["timetable_entry"]) != _number(row)]
    if not due:
        return
    async with engine.begin() as connection:
        await fence(connection)
        await tasks.insert(connection, due)
    _filled.update({row["timetable_entry"]: _number(row) for row in due})


def _number(row: Mapping[str, Any]) -> int:
    slot: datetime = row["timetable_slot"]
    return int(slot.timestamp())


def _row(name: str, entry: Mapping[str, Any], slot: datetime, now: datetime) -> dict[str, Any]:
    spec = TASK_TYPES[entry["type"]]
    row = draft_system_task(
        spec,
        spec.payload.model_validate(entry["payload"]),
        now,
        workspace_id=SYSTEM_WORKSPACE,
        priority=entry["priority"],
        max_retries=0,
        runs_asleep=entry["runs_asleep"],
        timetable_entry=name,
        timetable_slot=slot,
        correlation_id=f"timetable:{name}:{slot.isoformat()}",
    )
    return row | {"lane": row["payload"]["lane"] if spec.lane == "named" else spec.lane}
