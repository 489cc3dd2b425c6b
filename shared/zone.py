"""Is there such a time zone?"""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from shared.errors import NotFound


def require_zone(zone: str, *, field: str = "zone") -> None:
    """Do nothing for a zone that the IANA knows.

    Raises:
        NotFound: there is none of this name.
    """
    if zone not in _zones():
        raise NotFound(field=field, message=f"There is no time zone {zone!r}; one reads like Europe/Berlin.")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
