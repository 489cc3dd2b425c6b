"""How are parameters read? Strictly: what the schema does not allow is refused, not guessed."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header, Query
from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from shared.cursor import PATTERN

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_LARGEST = 2**63 - 1
MOST_ITEMS = 200


def _read_number(least: int, most: int) -> BeforeValidator:
    def read(value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return value  # a default
        if value is None or not (isinstance(value, str) and _NUMBER.fullmatch(value) and least <= int(value) <= most):
            message = f"Write a whole number from {least} to {most}."
            raise ValueError(message)
        return int(value)

    return BeforeValidator(read)


def _read_switch(value: object) -> object:
    if value not in {True, False, "true", "false"}:
        message = "Write true or false."
        raise ValueError(message)
    return value in {True, "true"}


def _number_schema(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


Limit = Annotated[int, _read_number(1, MOST_ITEMS), _number_schema(1, MOST_ITEMS), Query(description="How many at most.")]
Seq = Annotated[int, _read_number(0, _LARGEST), _number_schema(0, _LARGEST)]
Hours = Annotated[int, _read_number(1, 168), _number_schema(1, 168), Query(description="How far to look ahead.")]
Probes = Annotated[
    bool,
    BeforeValidator(_read_switch),
    WithJsonSchema({"type": "boolean"}),
    Query(description="false: without tasks that only prove a lane, and without what happens to them."),
]
# A parameter is there or is not; it is never null.
_SEQ = _number_schema(0, _LARGEST)
After = Annotated[Seq | None, _SEQ, Query(description="Start after this number; else with what happens from now on.")]
Known = Annotated[Seq | None, _SEQ, Query(description="The number of an entry that was written down elsewhere.")]
LastEventId = Annotated[Seq | None, _SEQ, Header(description="What the last event's `id` was; before `after`.")]
Cursor = Annotated[
    Annotated[str, StringConstraints(pattern=PATTERN)] | None,
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
    Query(description="`next_cursor` of the page before, as it is."),
]
