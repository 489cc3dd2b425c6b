"""How is an instant read? RFC 3339 with its offset; a naive time is refused, and what no calendar holds is clamped."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_SHAPE = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[Tt ]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
)
# PostgreSQL answers in the session's zone, and Python's years end at 1 and 9999: two days are room for any zone, and 99
# years for whatever is added to an instant, as forecasts, windows of budgets and waits for approval are.
EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
LATEST = datetime(9900, 12, 29, tzinfo=UTC)


def read_instant(value: object) -> object:
    """An instant in UTC from its text.

    Raises:
        ValueError: it is not RFC 3339, has no offset, or is on no calendar.
    """
    if value is None:
        return None
    found = _SHAPE.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    if found is None:
        message = "Write an instant as RFC 3339 with its offset, such as 2026-05-01T09:00:00+02:00."
        raise ValueError(message)
    day, minute, second, fraction, zone = found.groups()
    leap = second == "60"
    text = f"{day}T{minute}:{'59' if leap else second}{(fraction or '')[:7]}{'+00:00' if zone in 'Zz' else zone}"
    instant = datetime.fromisoformat(text)
    try:
        return min(max(instant.astimezone(UTC) + timedelta(seconds=leap), EARLIEST), LATEST)
    except OverflowError:
        return EARLIEST if instant.year == 1 else LATEST


Instant = Annotated[datetime, BeforeValidator(read_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
