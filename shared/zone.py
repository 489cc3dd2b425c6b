"""Is there such a time zone?"""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from shared.errors import NotFound

# The database also has files with abbreviations, POSIX rules and fixed offsets by name (EST5EDT, CET, Etc/GMT+5, whose
# sign is inverted), and this machine's own: none of these is a place's zone. The names of UTC all mean the same zone.
_UTC = frozenset({"UTC", "Etc/UTC"})


def require_zone(zone: str, *, field: str = "zone") -> None:
    """Check that the IANA knows a zone by exactly this name.

    Raises:
        NotFound: there is none of this name; the message gives the right one where only the spelling differs.
    """
    if zone not in known_zones():
        raise NotFound(field=field, message=no_such_zone(zone))


def no_such_zone(zone: str) -> str:
    """Return the sentence that answers an unknown zone's name."""
    alike = _by_folded().get(_folded(zone), [])
    meant = [name for name in alike if _folded(name) == _folded(zone)] or alike
    hint = f"it is written {meant[0]}" if len(meant) == 1 else "one reads like Europe/Berlin"
    return f"There is no time zone {zone[:100]!r}; {hint}."


@cache
def known_zones() -> frozenset[str]:
    """Return the names of all zones: areas with their places, and UTC."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
    return frozenset(places | _UTC)


@cache
def _by_folded() -> dict[str, list[str]]:
    """Return the zones by their names and by their places alone, as people write them."""
    found: dict[str, list[str]] = {}
    for name in sorted(known_zones()):
        for word in {_folded(name), _folded(name.rpartition("/")[2])}:
            found.setdefault(word, []).append(name)
    return found


def _folded(name: str) -> str:
    return "_".join(name.casefold().split())
