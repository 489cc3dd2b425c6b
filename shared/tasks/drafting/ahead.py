"""Is the time that a client names for a task still to come?"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.errors import Invalid

# What a request may have been under way, and clocks may differ.
GRACE = timedelta(seconds=60)


def require_ahead(scheduled_for: datetime | None, now: datetime, *, field: str) -> None:
    """Do nothing for no time, or for one that is not over: else work would begin at once that was meant for another day.

    Raises:
        Invalid: it is over.
    """
    if scheduled_for is not None and scheduled_for < now - GRACE:
        over = scheduled_for.isoformat().replace("+00:00", "Z")
        message = f"{over} is over: name an instant that is to come, or leave it out for as soon as it may run."
        raise Invalid(code="past", field=field, message=message)
