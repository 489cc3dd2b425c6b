"""Is it quiet now, and until when? By local time in a zone, over midnight and over clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.engine.rules.limits import Quiet


def quiet_until(quiet: Quiet, now: datetime) -> datetime | None:
    """Return when the quiet that holds at `now` ends (UTC); None while it is not quiet. Equal ends mean never quiet.

    An end that the clocks skip is the first instant after the change; one that occurs twice is the first of the two.
    """
    if quiet.start == quiet.end:
        return None
    zone = ZoneInfo(quiet.zone or "UTC")
    local = now.astimezone(zone)
    if not _within(quiet, local.time().replace(tzinfo=None)):
        return None
    # At most two ends lie ahead: today's and tomorrow's.
    for days in (0, 1, 2):
        ends = instant_of(datetime.combine(local.date() + timedelta(days=days), quiet.end), zone)
        if ends > now:
            return ends
    message = "a day has an end"
    raise AssertionError(message)


def _within(quiet: Quiet, clock: time) -> bool:
    if quiet.start < quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return a local time as an instant; one in a gap is moved to the gap's end."""
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    back = instant.astimezone(zone).replace(tzinfo=None)
    if back == wall:
        return instant
    # In a gap, `fold=0` takes the offset from before it, which yields an instant after the gap by its whole length.
    earlier = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _end_of_gap(min(instant, earlier), max(instant, earlier), zone)


def _end_of_gap(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant between the two at which the zone's offset changes, to the second."""
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
