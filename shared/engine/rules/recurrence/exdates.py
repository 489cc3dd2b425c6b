"""Which day, time or instant does an exception of a calendar name? One of three forms, to which all others are converted."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")
LONGEST = 40


def read_exdate(text: str) -> str:
    """Return an exception as it is stored: `2026-12-25`, `2026-12-25T09:00:00` in local time, or that with a Z.

    Raises:
        ValueError: it is none.
    """
    basic = _BASIC.fullmatch(text)
    if basic:
        year, month, day, hour, minute, second, utc = basic.groups()
        text = f"{year}-{month}-{day}" + (f"T{hour}:{minute}:{second}{'+00:00' if utc else ''}" if hour else "")
    try:
        if len(text) == len("2026-12-25"):
            return date.fromisoformat(text).isoformat()
        found = datetime.fromisoformat(text[:LONGEST]).replace(microsecond=0)
        return found.isoformat() if found.tzinfo is None else _instant(found)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            "Write 2026-12-25, 2026-12-25T09:00:00 by the clock of the zone, or an instant with its offset."
        ) from error


def exdates_of(slot: datetime, local: datetime) -> tuple[str, str, str]:
    """Return every form that may exclude a slot; `local` is its time in the schedule's zone."""
    return local.date().isoformat(), local.replace(tzinfo=None, microsecond=0).isoformat(), _instant(slot)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
