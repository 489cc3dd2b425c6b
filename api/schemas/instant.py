"""How is an instant read? RFC 3339 with its offset; times without one, and far ones, are refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_SHAPE = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[Tt ]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
)
# PostgreSQL answers in the session's zone, and Python's years end at 9999: a century leaves room for any zone and for
# intervals that are added (forecasts, windows of budgets, waits for approval). Checked by the year as it is written, so
# that the schema can say it.
FIRST_YEAR, LAST_YEAR = 1000, 9899
_PATTERN = "^([1-8][0-9]|9[0-8])[0-9]{2}-"


def read_instant(value: object) -> object:
    """Return an instant in UTC from its text.

    Raises:
        ValueError: it is not RFC 3339, has no offset, does not exist, or is outside the years that are kept.
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
