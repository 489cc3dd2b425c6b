"""Which wall-clock times does a recurrence rule name? The RRULE of RFC 5545, as far as recurring work needs it.

Written here and not taken from python-dateutil, against which the tests compare it: that library walks from the start to
the present each time (measured: 7 s for each minute since five years ago), and a rule that names no time at all keeps it
busy up to the year 9999 (4 s for 30 February). Here a day is reached by arithmetic, and one answer looks at a bounded
number of days and times.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar

_T = TypeVar("_T")

FREQUENCIES = ("MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LONGEST_RULE = 500
LARGEST_INTERVAL = 1_000
# Days and times looked at for one answer: about ten years of days, and at most some 30 ms.
MOST_LOOKS = 30_000
FIRST_DAY, LAST_DAY = date(1, 1, 3), date(9999, 12, 29)

_DAY = re.compile(r"(?P<nth>[+-]?[1-5])?(?P<day>MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
_BOUNDS = {"BYMONTH": (1, 12), "BYMONTHDAY": (-31, 31), "BYHOUR": (0, 23), "BYMINUTE": (0, 59)}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it was read. An empty tuple says nothing about its part; `by_day` is (nth of the month or 0, weekday)."""

    frequency: str
    interval: int = 1
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()


def read_rule(text: str) -> Rule:
    """A rule from its text, such as `FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=30`; its parts in any order.

    Raises:
        ValueError: it is none, or has a part that is not supported here; the message says which.
    """
    if len(text) > LONGEST_RULE:
        raise ValueError(f"A rule has at most {LONGEST_RULE} characters.")
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if not value or name in parts:
            raise ValueError(f"Write a rule as FREQ=DAILY;INTERVAL=2, each part once; {part[:40]!r} is not like that.")
        parts[name] = value
    frequency = parts.pop("FREQ", "")
    if frequency not in FREQUENCIES:
        raise ValueError(f"FREQ is one of {', '.join(FREQUENCIES)}.")
    if unknown := sorted(parts.keys() - {"INTERVAL", "BYDAY", *_BOUNDS}):
        raise ValueError(f"{unknown[0][:40]} is not supported: a rule has FREQ, INTERVAL, BYDAY, {', '.join(_BOUNDS)}.")
    numbers = {name: _numbers(name, parts[name]) for name in _BOUNDS if name in parts}
    return Rule(
        frequency,
        _interval(parts.get("INTERVAL", "1")),
        numbers.get("BYMONTH", ()),
        numbers.get("BYMONTHDAY", ()),
        _days(parts["BYDAY"], frequency) if "BYDAY" in parts else (),
        numbers.get("BYHOUR", ()),
        numbers.get("BYMINUTE", ()),
    )


def times(rule: Rule, start: datetime, begin: date, *, back: bool = False) -> Iterator[datetime]:
    """The naive times that a rule names from a day on (or back from it), as far as `MOST_LOOKS` reaches.

    `start` is the naive time from which intervals count; it also says what the rule leaves open: second, minute, hour, day.
    """
    rule = _completed(rule, start)
    day, step, looks = begin, timedelta(days=-1 if back else 1), 0
    while looks < MOST_LOOKS and FIRST_DAY <= day <= LAST_DAY:
        looks += 1
        if _names_day(rule, start.date(), day):
            for hour in reversed(rule.by_hour) if back else rule.by_hour:
                for minute in reversed(rule.by_minute) if back else rule.by_minute:
                    looks += 1
                    found = datetime.combine(day, time(hour, minute, start.second))
                    if _names_time(rule, start, found):
                        yield found
        day += step


def times_between(rule: Rule, start: datetime, low: datetime, high: datetime, *, back: bool = False) -> Iterator[datetime]:
    """The naive times from `low` up to before `high` that a rule names but for its interval, or the same backwards."""
    rule = _completed(replace(rule, interval=1), start)
    days = [low.date() + timedelta(days=n) for n in range((high.date() - low.date()).days + 1)]
    for day in _turned(days, back=back):
        if not _names_day(rule, start.date(), day):
            continue
        for hour in _turned(rule.by_hour, back=back):
            begins = datetime.combine(day, time(hour))
            if begins >= high or begins + timedelta(hours=1) <= low:
                continue
            for minute in _turned(rule.by_minute, back=back):
                found = begins + timedelta(minutes=minute, seconds=start.second)
                if low <= found < high:
                    yield found


def _turned(found: Sequence[_T], *, back: bool) -> Iterator[_T]:
    return reversed(found) if back else iter(found)


def _interval(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= LARGEST_INTERVAL):
        raise ValueError(f"INTERVAL is 1 to {LARGEST_INTERVAL}.")
    return int(value)


def _numbers(name: str, value: str) -> tuple[int, ...]:
    least, most = _BOUNDS[name]
    words = value.split(",")
    found = {int(word) for word in words if _NUMBER.fullmatch(word)}
    inside = all(least <= n <= most and not (n == 0 and least < 0) for n in found)
    if not inside or not all(_NUMBER.fullmatch(word) for word in words):
        raise ValueError(f"{name} is a list of numbers from {least} to {most}.")
    return tuple(sorted(found))


def _days(value: str, frequency: str) -> tuple[tuple[int, int], ...]:
    found = [_DAY.fullmatch(word) for word in value.split(",")]
    days = {(int(match["nth"] or 0), WEEKDAYS.index(match["day"])) for match in found if match}
    if None in found or (frequency != "MONTHLY" and any(nth for nth, _ in days)):
        raise ValueError("BYDAY is a list of MO, TU, WE, TH, FR, SA, SU; with FREQ=MONTHLY also 2TU or -1FR.")
    return tuple(sorted(days))


def _completed(rule: Rule, start: datetime) -> Rule:
    """The rule with what it leaves open taken from its start, as RFC 5545 says."""
    month, month_day, day = rule.by_month, rule.by_month_day, rule.by_day
    if not (month_day or day):
        if rule.frequency == "YEARLY":
            month = month or (start.month,)
        if rule.frequency in {"YEARLY", "MONTHLY"}:
            month_day = (start.day,)
        if rule.frequency == "WEEKLY":
            day = ((0, start.weekday()),)
    hours = tuple(range(24)) if rule.frequency in {"HOURLY", "MINUTELY"} else (start.hour,)
    minutes = tuple(range(60)) if rule.frequency == "MINUTELY" else (start.minute,)
    return Rule(rule.frequency, rule.interval, month, month_day, day, rule.by_hour or hours, rule.by_minute or minutes)


def _names_day(rule: Rule, start: date, day: date) -> bool:
    if _periods(rule.frequency, start, day) % rule.interval:
        return False
    if rule.by_month and day.month not in rule.by_month:
        return False
    length = _days_in_month(day) if rule.by_month_day or rule.by_day else 0
    if rule.by_month_day and not {day.day, day.day - length - 1} & set(rule.by_month_day):
        return False
    nth, last = (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
    return not rule.by_day or any(w == day.weekday() and n in {0, nth, last} for n, w in rule.by_day)


def _periods(frequency: str, start: date, day: date) -> int:
    """How many of its own periods lie between the start and a day; 0 where hours and minutes decide."""
    match frequency:
        case "YEARLY":
            return day.year - start.year
        case "MONTHLY":
            return (day.year - start.year) * 12 + day.month - start.month
        case "WEEKLY":
            return (day.toordinal() - day.weekday() - start.toordinal() + start.weekday()) // 7
        case "DAILY":
            return day.toordinal() - start.toordinal()
        case _:
            return 0


def _names_time(rule: Rule, start: datetime, found: datetime) -> bool:
    if rule.frequency not in {"HOURLY", "MINUTELY"}:
        return True
    hours = (found.toordinal() - start.toordinal()) * 24 + found.hour - start.hour
    passed = hours if rule.frequency == "HOURLY" else hours * 60 + found.minute - start.minute
    return passed % rule.interval == 0


def _days_in_month(day: date) -> int:
    return monthrange(day.year, day.month)[1]
