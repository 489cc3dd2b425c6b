"""Is the time that a client names for a task in the future?"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.errors import Invalid

# How long a request may have been under way, and how far clocks may differ.
GRACE = timedelta(seconds=60)


def require_ahead(scheduled_for: datetime | None, now: datetime, *, field: str) -> None:
    """Check that a time, if there is one, is not past: otherwise work meant for another day would begin at once.

    Raises:
        Invalid: it is past.
    """
    if scheduled_for is not None and scheduled_for < now - GRACE:
        over = scheduled_for.isoformat().replace("+00:00", "Z")
        message = f"{over} is over: name an instant that is to come, or leave it out for as soon as it may run."
        raise Invalid(code="past", field=field, message=message)
