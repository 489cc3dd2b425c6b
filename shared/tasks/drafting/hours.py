"""Are the hours that a client names valid, and how are they stored?"""

from __future__ import annotations

from typing import Any

from shared.task_types.payload.hours import TaskHours
from shared.task_types.spec import Payload
from shared.zone import require_zone


def hours_of(hours: TaskHours | None, field: str) -> dict[str, Any] | None:
    """Return hours as they are stored with a task; `field` precedes the name of what is wrong.

    Raises:
        NotFound: there is no such zone.
    """
    if hours is None:
        return None
    if hours.zone is not None:
        require_zone(hours.zone, field=f"{field}hours.zone")
    return hours.model_dump(mode="json", exclude_none=True)


def require_hours(payload: Payload, field: str) -> None:
    """Check a payload's hours, if it has any.

    Raises:
        NotFound: there is no such zone.
    """
    hours_of(getattr(payload, "hours", None), f"{field}payload.")
