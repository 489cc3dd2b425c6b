"""What is the state of the whole: the tasks, the lanes, the dispatcher?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Row

from shared.db import leases
from shared.db.database import Database
from shared.engine.rules.facts import Facts, LaneState
from shared.engine.store import facts, tasks
from shared.engine.store import lanes as stored_lanes
from shared.identity.caller import Caller
from shared.status import STATUSES, Status

LaneWord = Literal["running", "resting", "paused", "no_worker"]


class LaneStatus(BaseModel):
    """One lane, over all workspaces that may use it: numbers only."""

    name: str
    state: LaneWord
    reason: str | None = Field(None, description="Why it does not work, where it does not.")
    until: datetime | None = Field(None, description="When it works again by itself, where that is known.")
    workers: int
    concurrency: int
    busy: int = Field(description="Tasks that are running.")
    queued: int = Field(description="Tasks that are released and not begun.")
    utilisation: float = Field(description="The share of its places that is taken, 0 to 1.")


class DispatcherStatus(BaseModel):
    """The dispatcher that releases tasks."""

    leader: str | None
    last_tick_at: datetime | None
    lag_ms: float | None = Field(description="How long its last round took, in milliseconds.")


class KillSwitchStatus(BaseModel):
    """Whether the workspace's kill switch holds everything outward."""

    on: bool
    reason: str | None = Field(None, description="Who turned it on; null while it is off.")


class SystemStatus(BaseModel):
    """The caller's workspace at a glance."""

    state: Literal["running", "paused", "sleeping"]
    kill_switch: KillSwitchStatus
    counts: dict[Status, int] = Field(description="How many tasks are in each state.")
    probes: dict[Status, int] = Field(description="The same of those that only prove a lane, which `counts` leaves out.")
    lanes: list[LaneStatus]
    dispatcher: DispatcherStatus


async def show_status(*, database: Database, caller: Caller) -> SystemStatus:
    """Return the state of everything the caller's tasks depend on."""
    async with database.read(caller.workspace_id) as connection:
        counts = await tasks.counts(connection)
        rows = await stored_lanes.lanes(connection)
        load = await facts.lane_counts(connection, [row.name for row in rows])
        known = await facts.load(connection, lanes=[row.name for row in rows], accounts=(), workspaces=[caller.workspace_id])
        lease = await leases.find(connection, "dispatcher")
    lanes = [_lane(row, load.get(row.name, (0, 0, 0)), known, caller) for row in rows]
    leads = lease is not None and lease.expires_at > known.now
    killed = known.parked("kill", ("all",), caller.workspace_id)
    return SystemStatus(
        state=_state(known, caller),
        kill_switch=KillSwitchStatus(on=killed is not None, reason=killed.reason if killed else None),
        counts={status: counts.get(status, (0, 0))[0] for status in STATUSES},
        probes={status: counts.get(status, (0, 0))[1] for status in STATUSES},
        lanes=lanes,
        dispatcher=DispatcherStatus(
            leader=lease.holder if lease is not None and leads else None,
            last_tick_at=lease.seen_at if lease is not None else None,
            lag_ms=lease.lag_ms if lease is not None else None,
        ),
    )


def _lane(row: Row[Any], load: tuple[int, int, int], known: Facts, caller: Caller) -> LaneStatus:
    queued, busy, taken = load
    word, reason, until = _word(row, known, caller)
    return LaneStatus(
        name=row.name,
        state=word,
        reason=reason,
        until=until,
        workers=row.workers,
        concurrency=row.concurrency,
        busy=busy,
        queued=queued,
        utilisation=round(min(1.0, taken / row.concurrency), 3),
    )


def _word(row: Row[Any], known: Facts, caller: Caller) -> tuple[LaneWord, str | None, datetime | None]:
    """Return the lane's state, why, and until when."""
    if held := known.parked("system", ("all", f"lane:{row.name}"), caller.workspace_id):
        return "paused", held.reason, held.opens_at
    if not row.workers:
        return "no_worker", f"no worker for {row.name}", None
    lane = LaneState(row.name, row.concurrency, row.workers, load=0, rest=facts.rest_of(row.rest))
    rest = lane.resting(known.now)
    return ("resting", rest.reason, rest.until) if rest else ("running", None, None)


def _state(known: Facts, caller: Caller) -> Literal["running", "paused", "sleeping"]:
    if known.asleep is not None and known.asleep.holds(known.now):
        return "sleeping"
    return "paused" if _is_parked(known, "all", caller) else "running"


def _is_parked(known: Facts, key: str, caller: Caller) -> bool:
    return known.parked("system", (key,), caller.workspace_id) is not None
