"""How long does an answer ask us to wait? `Retry-After` in both its forms (RFC 9110, 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Beyond it a header is a mistake, which would pause an account for years.
LONGEST = timedelta(days=31)


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return the instant that an answer names: so many seconds from now, or a date; None where it names none."""
    value = next((text for name, text in headers.items() if name.lower() == "retry-after"), "").strip()
    if value.isascii() and value.isdigit():
        until = now + min(LONGEST, timedelta(seconds=int(value[:9])))
    else:
        try:
            named = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        # A date without a zone is in GMT, whatever its words.
        until = named if named.tzinfo is not None else named.replace(tzinfo=UTC)
    return min(max(until, now), now + LONGEST)
