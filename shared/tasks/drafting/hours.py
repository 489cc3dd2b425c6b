"""Are the hours that a client names hours of some clock, and how are they stored?"""

from __future__ import annotations

from typing import Any

from shared.task_types.hours import TaskHours
from shared.task_types.spec import Payload
from shared.zone import require_zone


def hours_of(hours: TaskHours | None, field: str) -> dict[str, Any] | None:
    """Hours as they are stored with a task; `field` is put before the name of what is wrong.

    Raises:
        NotFound: there is no such zone.
    """
    if hours is None:
        return None
    if hours.zone is not None:
        require_zone(hours.zone, field=f"{field}hours.zone")
    return hours.model_dump(mode="json", exclude_none=True)


def require_hours(payload: Payload, field: str) -> None:
    """Do nothing for a payload without hours, or with such as can be.

    Raises:
        NotFound: there is no such zone.
    """
    hours_of(getattr(payload, "hours", None), f"{field}payload.")
