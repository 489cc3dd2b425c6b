"""Is a zone taken by its own name alone?"""

from __future__ import annotations

import pytest

from shared.errors import NotFound
from shared.zone import require_zone


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "Pacific/Chatham", "US/Eastern", "UTC", "Etc/UTC"]
)
def test_an_iana_zone_is_taken(zone: str):
    require_zone(zone)


@pytest.mark.parametrize(
    "zone",
    [
        *("EST5EDT", "EST", "CET", "MST7MDT", "GMT", "GMT0", "Zulu", "localtime", "Factory", "posixrules"),
        *("Etc/GMT+5", "Etc/GMT-14", "Etc/GMT0", "UTC+2", "+02:00", "GMT+1", "EST5EDT,M3.2.0,M11.1.0"),
        *("posix/Europe/Berlin", "right/Europe/Berlin", "../etc/passwd", "Mars/Olympus", "Europe", "Europe/", ""),
    ],
)
def test_what_is_no_places_clock_is_refused(zone: str):
    with pytest.raises(NotFound, match="There is no time zone"):
        require_zone(zone)


@pytest.mark.parametrize(
    ("zone", "right"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_that_is_written_otherwise_is_answered_with_the_right_name(zone: str, right: str):
    with pytest.raises(NotFound, match=f"it is written {right}"):
        require_zone(zone)
