"""How do the words of Sora's usage page become numbers? Words that contradict each other count as unreadable."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from connectors.contract.reading import CreditsReading

# From public automation repositories up to 2026-03: "27 video gens left", "26 free", "0 paid", "More available on Jan 31".
_NUMBER = r"(?<![\d.,\-])(\d{1,3}(?:,\d{3})+|\d{1,7})"
_LEFT = re.compile(_NUMBER + r"\s*video gens? left\b", re.IGNORECASE)
_FREE = re.compile(_NUMBER + r"\s*free\b", re.IGNORECASE)
_PAID = re.compile(_NUMBER + r"\s*paid\b", re.IGNORECASE)
_AVAILABLE = re.compile(r"\bavailable on ([A-Za-z]{3})[a-z]*\.? (\d{1,2})\b", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

UNREADABLE = CreditsReading(known=False)


def read_usage(text: str, now: datetime) -> CreditsReading:
    """Return what a usage text says: at least two of the three numbers, which must agree; else unreadable, never zero."""
    left, free, paid = (_number(pattern, text) for pattern in (_LEFT, _FREE, _PAID))
    if free is None and left is not None and paid is not None:
        free = left - paid
    elif paid is None and left is not None and free is not None:
        paid = left - free
    if free is None or paid is None or min(free, paid) < 0 or (left is not None and left != free + paid):
        return UNREADABLE
    return CreditsReading(known=True, free=free, paid=paid, refreshes_at=_refresh(text, now))


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = set(pattern.findall(text))
    return int(found.pop().replace(",", "")) if len(found) == 1 else None


def _refresh(text: str, now: datetime) -> datetime | None:
    """Return the next day of the name that the text gives (the page gives no year), at its beginning in UTC."""
    found = _AVAILABLE.search(text)
    if found is None or found[1].lower() not in _MONTHS:
        return None
    today = now.astimezone(UTC).date()
    for year in range(today.year, today.year + 9):  # within eight years there is a 29 February
        try:
            day = datetime(year, _MONTHS.index(found[1].lower()) + 1, int(found[2]), tzinfo=UTC)
        except ValueError:
            continue
        if day.date() >= today:
            return day
    return None
