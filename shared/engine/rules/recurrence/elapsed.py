"""Which instants do rules of hours and minutes name? They count elapsed time, whatever happens to local time.

An hour that local time shows twice has its slots twice, one that it skips has none, and intervals are counted in hours
and minutes that have passed. Days, hours and minutes that a rule names are those of local time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.engine.rules.recurrence.rrule import FIRST_DAY, LAST_DAY, MOST_LOOKS, Rule, times_between

UNITS = {"HOURLY": timedelta(hours=1), "MINUTELY": timedelta(minutes=1)}
_LOOKS_OF_A_SPAN = 4  # it costs as much as four days and times, measured; this covers some 20 years of days
_DAY, _LEAST = timedelta(days=1), timedelta(microseconds=1)


def instants(rule: Rule, zone: ZoneInfo, start: datetime, at: datetime, *, back: bool = False) -> Iterator[datetime]:
    """Yield the instants that a rule names from `at` on (or back from it), both included, as far as `MOST_LOOKS` reaches.

    `start` is the instant from which intervals count; it also gives what the rule leaves open: minute and second.
    """
    unit, wall_start = UNITS[rule.frequency], start.astimezone(zone).replace(tzinfo=None)
    begun = timedelta(minutes=wall_start.minute if rule.frequency == "HOURLY" else 0, seconds=wall_start.second)
    looks = 0
    for low, high, offset in _spans(zone, at, back=back):
        looks += _LOOKS_OF_A_SPAN
        for wall in times_between(rule, wall_start, low + offset, high + offset, back=back):
            looks += 1
            slot = (wall - offset).replace(tzinfo=UTC)
            if (slot - start + begun) // unit % rule.interval == 0:
                yield slot
            if looks >= MOST_LOOKS:
                return
        if looks >= MOST_LOOKS:
            return


def _spans(zone: ZoneInfo, at: datetime, *, back: bool) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield spans of a day at most with one UTC offset each, as naive UTC: beginning, end (exclusive), offset."""
    low, high = (at, at + _LEAST) if back else (at, at)
    while FIRST_DAY <= (low if back else high).date() <= LAST_DAY:
        low, high = (high - _DAY, high) if back else (high, high + _DAY)
        first, last = _offset(zone, low), _offset(zone, high - _LEAST)
        if first != last:
            change = _change(zone, low, high)
            low, high = (change, high) if back else (low, change)
        yield low.replace(tzinfo=None), high.replace(tzinfo=None), last if back else first
        if back:
            high = low


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first instant after `low` with another offset than there. No zone has changed twice in a day."""
    before = _offset(zone, low)
    while high - low > _LEAST:
        middle = low + (high - low) / 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high
