"""Which local times does a recurrence rule name? The RRULE of RFC 5545, as far as recurring tasks need it.

Written here and not taken from python-dateutil, with which the tests compare it: that library walks from the start to
the present each time (measured: 7 s for each minute since five years ago), and a rule that names no time at all keeps it
busy up to the year 9999 (4 s for 30 February). Here a day is reached by arithmetic, and one answer examines a bounded
number of days and times.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

_T = TypeVar("_T")

FREQUENCIES = ("MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LONGEST_RULE = 500
LARGEST_INTERVAL = 1_000
# Days and times examined for one answer: about ten years of days, and at most some 30 ms.
MOST_LOOKS = 30_000
FIRST_DAY, LAST_DAY = date(1, 1, 3), date(9999, 12, 29)

_DAY = re.compile(r"(?P<nth>[+-]?[1-5])?(?P<day>MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
_BOUNDS = {
    "BYMONTH": (1, 12), "BYMONTHDAY": (-31, 31), "BYHOUR": (0, 23), "BYMINUTE": (0, 59), "BYSETPOS": (-366, 366),
}  # fmt: skip
_NAMING = {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYHOUR", "BYMINUTE"}
_ENDS = ("WKST", "UNTIL", "COUNT")
_UNTIL = re.compile(r"(?P<day>[0-9]{8})(T(?P<time>[0-9]{6})(?P<utc>Z)?)?")
MOST_COUNTED = 10_000
MOST_A_DAY = 24  # a year of such days takes as many steps as one answer may cost


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule. An empty tuple leaves its part open; `by_day` is (nth of the month or 0, weekday).

    `week_start` is the weekday on which weeks begin (0: Monday). `by_set_pos` chooses, of what the rest of the rule names in
    one period, the nth. The rule ends with its `count`th time, or with `until`: an instant, or a local time.
    """

    frequency: str
    interval: int = 1
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0
    count: int | None = None
    until: datetime | None = None


def read_rule(text: str) -> Rule:
    """Return a rule from its text, such as `FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=30`; its parts in any order.

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
    if unknown := sorted(parts.keys() - {"INTERVAL", "BYDAY", *_BOUNDS, *_ENDS}):
        known = ", ".join(("INTERVAL", "BYDAY", *_BOUNDS, *_ENDS))
        raise ValueError(f"{unknown[0][:40]} is not supported: a rule has FREQ, {known}.")
    _require_fitting(frequency, parts)
    numbers = {name: _numbers(name, parts[name]) for name in _BOUNDS if name in parts}
    if "BYSETPOS" in numbers and len(numbers.get("BYHOUR", (0,))) * len(numbers.get("BYMINUTE", (0,))) > MOST_A_DAY:
        raise ValueError(f"BYSETPOS chooses among at most {MOST_A_DAY} times of a day.")
    return Rule(
        frequency,
        _interval(parts.get("INTERVAL", "1")),
        numbers.get("BYMONTH", ()),
        numbers.get("BYMONTHDAY", ()),
        _days(parts["BYDAY"], is_numbered=_counts_days(frequency, parts)) if "BYDAY" in parts else (),
        numbers.get("BYHOUR", ()),
        numbers.get("BYMINUTE", ()),
        numbers.get("BYSETPOS", ()),
        _week_start(parts.get("WKST", "MO")),
        _count(parts["COUNT"]) if "COUNT" in parts else None,
        _until(parts["UNTIL"]) if "UNTIL" in parts else None,
    )


def times(rule: Rule, start: datetime, begin: date, *, back: bool = False) -> Iterator[datetime]:
    """Yield the naive times that a rule names from a day on (or back from it), as far as `MOST_LOOKS` reaches.

    `start` is the naive time from which intervals count; it also gives what the rule leaves open: second, minute, hour, day.
    """
    rule = _completed(rule, start)
    if rule.by_set_pos:
        yield from _chosen(rule, start, begin, back=back)
        return
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


def _chosen(rule: Rule, start: datetime, begin: date, *, back: bool) -> Iterator[datetime]:
    """Yield as `times` for a rule with `by_set_pos`: from the period of a day on, or back."""
    wanted = sorted(rule.by_set_pos)
    day, looks = begin, 0
    while looks < MOST_LOOKS:
        first, last = _period(rule, day)
        if first < FIRST_DAY or last > LAST_DAY:
            return
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        named = [
            datetime.combine(one, time(hour, minute, start.second))
            for one in days
            if _names_day(rule, start.date(), one)
            for hour in rule.by_hour
            for minute in rule.by_minute
        ]
        looks += len(days) + len(named)
        places = {n - 1 if n > 0 else len(named) + n for n in wanted}
        yield from _turned([named[n] for n in sorted(places) if 0 <= n < len(named)], back=back)
        day = first - timedelta(days=1) if back else last + timedelta(days=1)


def _period(rule: Rule, day: date) -> tuple[date, date]:
    """Return the first and the last day of the year, month, week or day in which a day lies."""
    match rule.frequency:
        case "YEARLY":
            return date(day.year, 1, 1), date(day.year, 12, 31)
        case "MONTHLY":
            return day.replace(day=1), day.replace(day=_days_in_month(day))
        case "WEEKLY":
            first = day - timedelta(days=(day.weekday() - rule.week_start) % 7)
            return first, first + timedelta(days=6)
        case _:
            return day, day


def times_between(rule: Rule, start: datetime, low: datetime, high: datetime, *, back: bool = False) -> Iterator[datetime]:
    """Yield the naive times from `low` to before `high` that a rule names without its interval, or the same backwards."""
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


def _require_fitting(frequency: str, parts: Mapping[str, str]) -> None:
    """Refuse parts that contradict each other.

    Raises:
        ValueError: there are some.
    """
    if "UNTIL" in parts and "COUNT" in parts:
        raise ValueError("A rule ends by UNTIL or by COUNT, not by both.")
    if "BYSETPOS" in parts and (frequency in {"HOURLY", "MINUTELY"} or not parts.keys() & _NAMING):
        raise ValueError("BYSETPOS chooses among what another BY part names in a day, week, month or year.")


def _counts_days(frequency: str, parts: Mapping[str, str]) -> bool:
    """Return whether a day may have a number, which counts within a month: a yearly rule must name months."""
    return frequency == "MONTHLY" or (frequency == "YEARLY" and "BYMONTH" in parts)


def _days(value: str, *, is_numbered: bool) -> tuple[tuple[int, int], ...]:
    found = [_DAY.fullmatch(word) for word in value.split(",")]
    days = {(int(match["nth"] or 0), WEEKDAYS.index(match["day"])) for match in found if match}
    if None in found or (not is_numbered and any(nth for nth, _ in days)):
        raise ValueError(
            "BYDAY is a list of MO, TU, WE, TH, FR, SA, SU; with FREQ=MONTHLY, or FREQ=YEARLY and BYMONTH, also 2TU or -1FR."
        )
    return tuple(sorted(days))


def _week_start(value: str) -> int:
    if value not in WEEKDAYS:
        raise ValueError("WKST is one of MO, TU, WE, TH, FR, SA, SU.")
    return WEEKDAYS.index(value)


def _count(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 6 and 1 <= int(value) <= MOST_COUNTED):  # noqa: PLR2004 - digits
        raise ValueError(f"COUNT is 1 to {MOST_COUNTED}.")
    return int(value)


def _until(value: str) -> datetime:
    """Return an instant where it is written with Z, else a local time; a date alone means the end of that day."""
    match = _UNTIL.fullmatch(value)
    written = f"{match['day']}{match['time'] or '235959'}" if match else ""
    try:
        found = datetime.strptime(written, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the zone is the schedule's, or UTC
    except ValueError as error:
        raise ValueError("UNTIL is 20301231, 20301231T170000 by the clock of the zone, or 20301231T160000Z.") from error
    return found.replace(tzinfo=UTC) if match and match["utc"] else found


def _completed(rule: Rule, start: datetime) -> Rule:
    """Return the rule with what it leaves open taken from its start, as RFC 5545 says."""
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
    return replace(
        rule,
        by_month=month,
        by_month_day=month_day,
        by_day=day,
        by_hour=rule.by_hour or hours,
        by_minute=rule.by_minute or minutes,
    )


def _names_day(rule: Rule, start: date, day: date) -> bool:
    if _periods(rule, start, day) % rule.interval:
        return False
    if rule.by_month and day.month not in rule.by_month:
        return False
    length = _days_in_month(day) if rule.by_month_day or rule.by_day else 0
    if rule.by_month_day and not {day.day, day.day - length - 1} & set(rule.by_month_day):
        return False
    nth, last = (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
    return not rule.by_day or any(w == day.weekday() and n in {0, nth, last} for n, w in rule.by_day)


def _periods(rule: Rule, start: date, day: date) -> int:
    """Return how many of the rule's periods lie between the start and a day; 0 for rules of hours and minutes."""
    match rule.frequency:
        case "YEARLY":
            return day.year - start.year
        case "MONTHLY":
            return (day.year - start.year) * 12 + day.month - start.month
        case "WEEKLY":
            begun = ((one.weekday() - rule.week_start) % 7 for one in (day, start))
            return (day.toordinal() - next(begun) - start.toordinal() + next(begun)) // 7
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
