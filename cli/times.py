"""Which instant does a person mean by `9:00`, `tomorrow 9:00`, `in 2 h` or `2026-12-01T09:00`?"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated

import typer

from cli.screen import clock_of, when
from shared.errors import Invalid

At = Annotated[
    str, typer.Option("--at", help="Not before: 9:00, tomorrow 9:00, in 2 h, 2026-12-01T09:00 (by --zone's clock).")
]
Now = Annotated[bool, typer.Option("--now", help="Where the time of --at is over: start now, without asking.")]

# Time that may pass between command and answer; the gateway allows as much.
GRACE = timedelta(seconds=60)
FURTHEST_D = 36_600
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WORDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
}
_SPAN = re.compile(r"([0-9]{1,6})\s*([a-z]+)")
_DAYS = {"today": 0, "tomorrow": 1}
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_DATED = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[t ]\s*(\S+)")
_OFFSET = re.compile(r"(z|[+-][0-9]{2}:[0-9]{2})$")
_SHAPES = "9:00, tomorrow 9:00, in 2 h, 2026-12-01T09:00, or 2026-12-01T09:00:00+01:00"


def instant_at(said: str, zone: str, now: datetime) -> datetime:
    """Return the instant (UTC) that is meant, by local time in the zone; in this machine's where none is given.

    Raises:
        Invalid: it is none, or a local time that does not exist on that day, or exists twice.
    """
    words = " ".join(said.lower().split())
    clock = clock_of(zone)
    if words == "now":
        return now
    if words.startswith("in "):
        return now + _span(words.removeprefix("in "), said)
    today = now.astimezone(clock).date()
    if dated := _DATED.fullmatch(words):
        offset = _OFFSET.search(dated[2])
        if offset is not None:
            return _exact(words, said)
        return _on_the_wall(_day(dated[1], said), dated[2], clock, said)
    day, _, clock_words = words.rpartition(" ")
    if day in _DAYS:
        return _on_the_wall(today + timedelta(days=_DAYS[day]), clock_words, clock, said)
    if day:
        raise _no_time(said)
    # The next time that the clock shows it: today, or tomorrow.
    first = _on_the_wall(today, words, clock, said)
    return first if first > now else _on_the_wall(today + timedelta(days=1), words, clock, said)


def start_at(said: str, zone: str, *, at_once: bool) -> str | None:
    """Return the instant as the gateway takes it; None for at once: none is given, or it is past and accepted as now.

    Raises:
        Invalid: as `instant_at`.
        Abort: it is past, and the person declined to start now.
    """
    if not said:
        return None
    now = datetime.now(UTC)
    instant = instant_at(said, zone, now)
    if instant >= now - GRACE:
        return instant.isoformat()
    shown = when(instant.isoformat(), zone)
    if not at_once:
        typer.confirm(f"{shown} is over. Shall it start now?", default=False, abort=True, err=True)
    return None


def _span(words: str, said: str) -> timedelta:
    rest = _SPAN.sub("", words).replace(" and ", " ").strip()
    found = [(int(number), _WORDS.get(word)) for number, word in _SPAN.findall(words)]
    if rest or not found or any(unit is None for _, unit in found):
        raise _no_time(said)
    try:
        span = sum((timedelta(**{_UNITS[unit]: number}) for number, unit in found if unit), timedelta())
    except OverflowError as error:
        raise _no_time(said) from error
    if span > timedelta(days=FURTHEST_D):
        raise Invalid(code="time", field="--at", message=f"--at: {said!r} is more than {FURTHEST_D} days ahead.")
    return span


def _exact(words: str, said: str) -> datetime:
    try:
        return datetime.fromisoformat(words.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_time(said) from error


def _day(words: str, said: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise _no_time(said) from error


def _on_the_wall(day: date, words: str, clock: tzinfo | None, said: str) -> datetime:
    found = _CLOCK.fullmatch(words)
    if found is None:
        raise _no_time(said)
    wall = datetime.combine(day, time(int(found[1]), int(found[2]), int(found[3] or 0)))
    try:
        passages = {wall.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1)}
    except (ValueError, OverflowError) as error:
        raise _no_time(said) from error
    shown = sorted(one for one in passages if one.astimezone(clock).replace(tzinfo=None) == wall)
    if not shown:
        message = f"--at: the clock never shows {wall:%H:%M} on {wall:%Y-%m-%d}: it is put forward over it."
        raise Invalid(code="time", field="--at", message=message)
    if len(shown) > 1:
        both = " or ".join(one.astimezone(clock).isoformat() for one in shown)
        message = f"--at: the clock shows {wall:%H:%M} twice on {wall:%Y-%m-%d}: write {both}."
        raise Invalid(code="time", field="--at", message=message)
    return shown[0]


def _no_time(said: str) -> Invalid:
    return Invalid(code="time", field="--at", message=f"--at: write a time such as {_SHAPES}, not {said[:60]!r}.")
