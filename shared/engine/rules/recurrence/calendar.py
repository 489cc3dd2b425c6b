"""What does a block of lines say that a calendar exported: when it begins, in which zone, by which rule, and without what?

The lines of RFC 5545 that make a recurrence: one RRULE, one DTSTART at most, any number of EXDATE; long lines may be folded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shared.engine.rules.recurrence.exdates import read_exdate
from shared.engine.rules.recurrence.rrule import read_rule
from shared.engine.rules.recurrence.schedules import instant_of

LONGEST_BLOCK = 65_536
_LINE = re.compile(r"(?P<name>[A-Za-z-]+)(?P<more>(;[A-Za-z-]+=(\"[^\"]*\"|[^\";:]*))*):(?P<value>.*)")
_REFUSED = {
    "RDATE": "RDATE is not taken: a schedule comes by its rule alone; times of their own are tasks.",
    "EXRULE": "EXRULE is not taken: leave days out by EXDATE, or by the rule itself.",
}
_START = re.compile(r"\d{8}T\d{6}Z?")


@dataclass(frozen=True, slots=True)
class Block:
    """A recurrence as a calendar wrote it. `zone` and `starts_at` are None where it does not say them."""

    rule: str
    zone: str | None = None
    starts_at: str | None = None
    exdates: tuple[str, ...] = ()


@dataclass(slots=True)
class _Lines:
    rules: list[str] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    exdates: list[str] = field(default_factory=list)
    zones: set[str] = field(default_factory=set)


def is_block(text: str) -> bool:
    """Return whether this is more than a rule alone."""
    return "\n" in text.strip() or "\r" in text.strip() or text.strip().upper().startswith(("DTSTART", "EXDATE"))


def read_block(text: str) -> Block:
    """Return what the lines say; a start and what is left out by the clock on the wall stay so.

    Raises:
        ValueError: a line is none of these, stands twice, or cannot be read; the message says which.
    """
    if len(text) > LONGEST_BLOCK:
        raise ValueError(f"A block of lines has at most {LONGEST_BLOCK} characters.")
    found = _Lines()
    # A line that begins with a blank goes on from the one before.
    for line in re.sub(r"(\r\n|\r|\n)[ \t]", "", text.strip()).splitlines():
        if line.strip():
            _read_line(line.strip(), found)
    if len(found.rules) != 1:
        raise ValueError(f"A schedule has one RRULE; here are {len(found.rules)}.")
    if len(found.starts) > 1 or len(found.zones) > 1:
        raise ValueError("A schedule has one DTSTART, and one TZID in all lines.")
    read_rule(found.rules[0])
    zone, start = next(iter(found.zones), None), next(iter(found.starts), None)
    return Block(found.rules[0], zone, start, tuple(found.exdates))


def start_in(starts_at: str, zone: ZoneInfo) -> datetime:
    """Return the instant of a start as a block says it, by the clock of the zone where it says no other.

    Raises:
        ValueError: there is no such day or time.
    """
    local = datetime.strptime(starts_at.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the zone is told beside it
    return local.replace(tzinfo=UTC) if starts_at.endswith("Z") else instant_of(local, zone)


def _read_line(line: str, found: _Lines) -> None:
    match = _LINE.fullmatch(line)
    name = match["name"].upper() if match else ""
    if match is None or name not in {"RRULE", "DTSTART", "EXDATE"}:
        raise ValueError(_REFUSED.get(name, f"{line[:40]!r} is not taken: send the lines DTSTART, RRULE and EXDATE alone."))
    said = dict(part.upper().split("=", 1) for part in match["more"].split(";")[1:])
    zones = [part.split("=", 1)[1].strip('"') for part in match["more"].split(";")[1:] if part.upper().startswith("TZID=")]
    if unknown := sorted(said.keys() - {"TZID", "VALUE"}):
        raise ValueError(f"{name} is taken with TZID and VALUE, not with {unknown[0][:40]}.")
    if name == "RRULE":
        found.rules.append(match["value"].upper())
        return
    found.zones.update(zones)
    if name == "EXDATE":
        found.exdates += [read_exdate(one.strip()) for one in match["value"].split(",")]
        return
    if not _START.fullmatch(match["value"]):
        raise ValueError("DTSTART is a time, such as DTSTART;TZID=Europe/Berlin:20300107T090000; a day alone says none.")
    found.starts.append(_require_time(match["value"]))


def _require_time(value: str) -> str:
    try:
        datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - whether there is such a time at all
    except ValueError as error:
        raise ValueError(f"There is no time {value}: DTSTART reads like 20300107T090000.") from error
    return value
