"""How is an instant read? RFC 3339 with its offset; a naive time is refused, and so is a far one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_SHAPE = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[Tt ]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
)
# PostgreSQL answers in the session's zone, and Python's years end at 9999: a century is room for any zone and for whatever
# is added to an instant, as forecasts, windows of budgets and waits for approval are. Told by the year as it is written, so
# that the schema can say it.
FIRST_YEAR, LAST_YEAR = 1000, 9899
_PATTERN = "^([1-8][0-9]|9[0-8])[0-9]{2}-"


def read_instant(value: object) -> object:
    """An instant in UTC from its text.

    Raises:
        ValueError: it is not RFC 3339, has no offset, is on no calendar, or is earlier or later than what is kept.
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
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        side = "later" if instant.year > LAST_YEAR else "earlier"
        message = f"This is {side} than what is kept: write an instant of the years {FIRST_YEAR} to {LAST_YEAR}."
        raise ValueError(message)
    return instant.astimezone(UTC) + timedelta(seconds=leap)


_SCHEMA = {"type": "string", "format": "date-time", "pattern": _PATTERN}
Instant = Annotated[datetime, BeforeValidator(read_instant), WithJsonSchema(_SCHEMA)]
