"""Does the system sleep now? The leading dispatcher decides; it alone lets the system fall asleep and wakes it.

Everything else only stores requests: to sleep, to be awake at an instant, to be awake now. A submit
needs no request: its task waits in a line whose gates are open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.events import notify_all
from shared.engine.rules.credits import UNREAD, next_look
from shared.engine.rules.facts import Facts
from shared.engine.rules.gates import GATES, opens_at
from shared.engine.rules.sleep import Decision, Due, Outlook, decide
from shared.engine.store import release, sleep
from shared.engine.store.limits import credits
from shared.settings import Settings
from workers.dispatch.select import anybody

log = structlog.get_logger()

OF_LINE = tuple(gate for gate in GATES if gate.level == "scope")


@dataclass(frozen=True, slots=True)
class Night:
    """Whether the system sleeps, and for how many seconds nothing known will wake it (None: nothing at all)."""

    asleep: bool
    quiet_s: float | None = None


async def decide_sleep(engine: AsyncEngine, settings: Settings, lease: Mapping[str, Any]) -> Night | None:
    """Let the system fall asleep, sleep on or wake, with its event; return None where the lease is lost."""
    async with engine.begin() as connection:
        surveyed = await release.survey(connection, lease)
        if surveyed is None:
            return None
        streams, known = surveyed
        row = await sleep.lock(connection)
        asleep = row.asleep_since is not None
        due = [
            *await sleep.due(connection),
            *await _lines(connection, streams, known, asleep=asleep),
            *await _credits(connection, known),
        ]
        outlook = Outlook(
            asked=row.asked_at is not None,
            asleep=asleep,
            in_flight=await sleep.in_flight(connection),
            due=due,
            called_off_by=row.trigger or "asked",
        )
        decided = decide(outlook, known.now, timedelta(seconds=settings.wake_ahead_s))
        await _carry_out(connection, decided, asleep=asleep)
    if decided.asleep != asleep:
        log.info("system.sleeps" if decided.asleep else "system.wakes", trigger=decided.trigger, wakes_at=decided.wakes_at)
        async with engine.begin() as connection:
            await notify_all(connection)
    return _night(decided, known.now)


async def _carry_out(connection: AsyncConnection, decided: Decision, *, asleep: bool) -> None:
    if decided.asleep:
        await sleep.fall_asleep(connection, decided.wakes_at)
    elif asleep:
        await sleep.wake(connection, decided.trigger)
    else:
        await sleep.stay_awake(connection, decided.wakes_at)
    if decided.asleep != asleep:
        await sleep.say(connection, decided)


def _night(decided: Decision, now: datetime) -> Night:
    if not decided.asleep or decided.wakes_at is None:
        return Night(decided.asleep)
    return Night(decided.asleep, max(0.0, (decided.wakes_at - now).total_seconds()))


async def _lines(connection: AsyncConnection, streams: list[release.Stream], known: Facts, *, asleep: bool) -> list[Due]:
    """Yield when each line of waiting tasks opens, apart from sleep itself."""
    awake = replace(known, asleep=None)
    found = [opens_at(OF_LINE, anybody(stream, awake), awake) for stream in streams]
    opening = [at for at in found if at is not None]
    now = any(at <= known.now for at in opening)
    trigger = "submit" if asleep and now and await sleep.was_submitted(connection) else "due"
    return [Due(at, trigger) for at in opening]


async def _credits(connection: AsyncConnection, known: Facts) -> list[Due]:
    """Yield when the page of each account is to be checked for whose credits tasks wait."""
    waiting = await sleep.waiting_for_credits(connection)
    if not waiting:
        return []
    _, ledgers = await credits.ledgers(connection, [row.id for row in waiting])
    looks = [
        next_look(
            ledgers.get(row.id, UNREAD), since=row.created_at, waiting_since=row.waiting_since, failed_at=row.failed_at
        )
        for row in waiting
    ]
    return [Due(max(at, known.now), "credits") for at in looks]
