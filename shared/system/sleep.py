"""Does the system sleep?"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.database import Database
from shared.engine.store import sleep
from shared.engine.store.sleep import SleepRow
from shared.identity.caller import Caller

SHOWN_WAKES = 100
State = Literal["awake", "falling_asleep", "asleep"]


class WakeView(BaseModel):
    """An instant at which somebody wants the system awake."""

    id: UUID
    at: datetime
    trigger: str


class SleepView(BaseModel):
    """Whether the system sleeps, for all workspaces; `in_flight` and `wakes` are the caller's."""

    state: State = Field(description="`falling_asleep` while work is in flight, or something is due soon.")
    asked_by: str | None = Field(description="Whose key asked for it; null also where that was in another workspace.")
    since: datetime | None = Field(description="Since when it sleeps.")
    wakes_at: datetime | None = Field(description="When it wakes by itself, as far as is known now.")
    due_at: datetime | None = Field(description="What is due so soon that it does not fall asleep before.")
    trigger: str | None = Field(description="What has woken it last.")
    in_flight: int = Field(description="Tasks that are released, running, or being looked up.")
    wakes: list[WakeView]


async def show_sleep(*, database: Database, caller: Caller) -> SleepView:
    """Return whether the system sleeps, what it waits for before it does, and when it wakes."""
    async with database.read(caller.workspace_id) as connection:
        return await _view(connection, caller)


async def _view(connection: AsyncConnection, caller: Caller) -> SleepView:
    row = await sleep.find(connection)
    state = state_of(row)
    asleep = state == "asleep"
    found = await sleep.wakes(connection, SHOWN_WAKES)
    return SleepView(
        state=state,
        asked_by=row.asked_by if row.asked_in == caller.workspace_id else None,
        since=row.asleep_since if asleep else None,
        wakes_at=row.wakes_at if asleep else None,
        due_at=row.wakes_at if state == "falling_asleep" else None,
        trigger=row.trigger,
        in_flight=await sleep.in_flight(connection),
        wakes=[WakeView(id=wake.id, at=wake.at, trigger=wake.trigger) for wake in found],
    )


def state_of(row: SleepRow) -> State:
    """Return the state that the one row stands for."""
    if row.asked_at is None:
        return "awake"
    return "falling_asleep" if row.asleep_since is None else "asleep"
