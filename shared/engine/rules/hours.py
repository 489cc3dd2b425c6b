"""In which hours may a task run, by its owner's clock, and when do they begin next?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.engine.rules.quiet import instant_of

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")


@dataclass(frozen=True, slots=True)
class Hours:
    """From `start` to `end` on each of these days; into the next day where the end is not later than the start.

    A zone of "" is the persona's.
    """

    start: time
    end: time
    zone: str = ""
    days: tuple[str, ...] = DAYS

    def __str__(self) -> str:
        """Return them as a person reads them."""
        on = "" if len(self.days) == len(DAYS) else f" on {', '.join(self.days)}"
        return f"{self.start:%H:%M} to {self.end:%H:%M}{on}"


def opens_at(hours: Hours, zone: str, now: datetime) -> datetime | None:
    """Return when the hours begin next (UTC); None while they last. `zone` holds where they have none of their own.

    A beginning that the clocks skip is the first instant after the change; one that occurs twice is the first of the two.
    """
    local = ZoneInfo(hours.zone or zone)
    today = now.astimezone(local).date()
    for begins, ends in _windows(hours, local, today):
        if begins > now:
            return begins
        if now < ends:
            return None
    message = "a week has each of its days"
    raise AssertionError(message)


def from_json(stored: Mapping[str, Any] | None) -> Hours | None:
    """Return hours as they are stored with a task."""
    if stored is None:
        return None
    start, end = (time.fromisoformat(stored[name]) for name in ("from", "to"))
    return Hours(start, end, stored.get("zone") or "", tuple(stored.get("days") or DAYS))


def _windows(hours: Hours, local: ZoneInfo, today: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield beginning and end on each of the days, from yesterday's on: it may last until today."""
    over_midnight = timedelta(days=1 if hours.end <= hours.start else 0)
    for number in range(-1, len(DAYS) + 2):
        day = today + timedelta(days=number)
        if DAYS[day.weekday()] in hours.days:
            begins = instant_of(datetime.combine(day, hours.start), local)
            yield begins, instant_of(datetime.combine(day + over_midnight, hours.end), local)
