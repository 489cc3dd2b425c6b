"""What does a schema not say of a task's time? That it is to come: what was made is moved to a year that is."""

from __future__ import annotations

import re
from typing import Any

import schemathesis

# It has a 29 February, and so every day that another year has.
AHEAD = "2400"
_YEAR = re.compile(r"[1-9][0-9]{3}(?=-[0-9]{2}-[0-9]{2}[Tt ])")


@schemathesis.hook("before_call")
def move_ahead(_context: Any, case: Any, _kwargs: Any) -> None:
    """Move the time of each task ahead, where it is one at all."""
    _move(case.body)


def _move(part: Any) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("scheduled_for"), str):
            part["scheduled_for"] = _ahead(part["scheduled_for"])
        for below in part.values():
            _move(below)
    if isinstance(part, list):
        for below in part:
            _move(below)


def _ahead(written: str) -> str:
    year = _YEAR.match(written)
    # One that is later than what is kept stays so: it was made to be refused.
    return written if year is None or year[0] >= AHEAD else AHEAD + written[4:]
