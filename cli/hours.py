"""How are hours written on the command line?"""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from shared.errors import Invalid

Start = Annotated[
    str, typer.Option("--start", help="Only from this hour on, such as 9:00, by the persona's clock or --zone.")
]
End = Annotated[str, typer.Option("--end", help="And only until this one; into the next day where it is not later.")]
Days = Annotated[str, typer.Option("--days", help="On these days only, such as mo,tu,we; else on all.")]
CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


def hours_of(start: str, end: str, days: str, zone: str) -> dict[str, Any] | None:
    """Return the hours as the gateway takes them; None where none are given.

    Raises:
        Invalid: only a part of them is given, or it is no time of a day.
    """
    if not (start or end or days):
        return None
    if not (start and end):
        raise Invalid(code="hours", field="--start", message="Hours have a beginning and an end: say --start and --end.")
    said: dict[str, Any] = {"from": _clock("--start", start), "to": _clock("--end", end)}
    said |= {"zone": zone} if zone else {}
    return said | ({"days": [day.strip().lower() for day in days.split(",")]} if days else {})


def _clock(option: str, said: str) -> str:
    found = CLOCK.fullmatch(said.strip())
    if found is None:
        raise Invalid(code="hours", field=option, message=f"{option}: write a time of the day such as 9:00, not {said!r}.")
    return f"{int(found[1]):02}:{found[2]}"
