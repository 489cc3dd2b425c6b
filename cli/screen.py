"""How does the command line print? Data on stdout, messages on stderr, times with their zone."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.errors import Invalid
from shared.zone import known_zones, no_such_zone

# Into a pipe or a file, a line is not cut to the 80 columns that Rich would assume.
PIPED_WIDTH = 240

talk = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else PIPED_WIDTH)
data = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Zone = Annotated[str, typer.Option("--zone", help="IANA zone of all times; else this machine's.")]

# Columns that people copy or compare.
WHOLE = {"id", "at", "check", "state", "status"}

# Control characters of both blocks except the line feed, and marks of direction.
_STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# How a state looks, the same in every table.
STYLES = {
    "completed": "green",
    "confirmed": "green",
    "running": "cyan",
    "queued": "cyan",
    "pending": "yellow",
    "scheduled": "blue",
    "awaiting_approval": "magenta",
    "unknown": "bold magenta",
    "failed": "red",
    "refused": "red",
    "cancelled": "dim",
    "absent": "dim",
}


def show_json(value: object) -> None:
    """Print one JSON document on stdout, without colours or wrapping."""
    data.print(json.dumps(value, indent=2, ensure_ascii=False), markup=False, soft_wrap=True)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print a table on stdout; `empty` on stderr when it would hold nothing."""
    table = Table(header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in WHOLE)
    for row in rows:
        table.add_row(*[cell if isinstance(cell, Text) else Text(escape_unseen(str(cell))) for cell in row])
    if table.row_count:
        data.print(table)
    else:
        talk.print(empty)


def escape_unseen(text: str) -> str:
    """Return a text that is safe to show: characters that control the terminal or the direction of text are escaped."""
    return _STEERS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def state(word: str) -> Text:
    """Return a state in its colour."""
    return Text(word, style=STYLES.get(word, ""))


def when(instant: str | None, zone: str = "") -> str:
    """Return an ISO 8601 instant as `2026-03-01 09:00:05 CET`; "" for none.

    Raises:
        Invalid: there is no such zone.
    """
    if not instant:
        return ""
    return datetime.fromisoformat(instant).astimezone(clock_of(zone)).strftime("%Y-%m-%d %H:%M:%S %Z")


def clock_of(zone: str) -> ZoneInfo | None:
    """Return the zone of this name; None, for this machine's, where there is no name.

    Raises:
        Invalid: there is no such zone.
    """
    if not zone:
        return None
    if zone not in known_zones():
        raise Invalid(field="--zone", message=no_such_zone(zone))
    return ZoneInfo(zone)


def how_far(task: dict[str, Any]) -> str:
    """Return how far a task is, as `upload: 12 of 50 MB`; "" where it does not report that."""
    progress = task.get("progress")
    if not progress:
        return ""
    whole = "" if progress["total"] is None else f" of {progress['total']}"
    return f"{progress['step']}: {progress['done']}{whole} {progress['unit']}".rstrip()


def waiting_text(task: dict[str, Any], zone: str = "") -> str:
    """Return what a task waits for, in one cell."""
    reasons = []
    for gate in task.get("waiting_for") or []:
        until = f" until {when(gate['until'], zone)}" if gate.get("until") else ""
        reasons.append(f"{gate['gate']}: {gate['reason']}{until}")
    return "\n".join(reasons)
