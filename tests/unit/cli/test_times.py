"""Is a time taken as a person means it, or refused?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.times import instant_at
from shared.errors import Invalid

NOW = datetime(2026, 11, 30, 8, 30, 15, tzinfo=UTC)  # 9:30 in Berlin, 17:30 in Tokyo


@pytest.mark.parametrize(
    ("said", "zone", "instant"),
    [
        ("9:00", "Europe/Berlin", "2026-12-01T08:00:00+00:00"),
        ("10:00", "Europe/Berlin", "2026-11-30T09:00:00+00:00"),
        ("09:30:15", "Europe/Berlin", "2026-12-01T08:30:15+00:00"),
        ("tomorrow 9:00", "Europe/Berlin", "2026-12-01T08:00:00+00:00"),
        ("Tomorrow  09:00", "Asia/Tokyo", "2026-12-01T00:00:00+00:00"),
        ("today 9:00", "Europe/Berlin", "2026-11-30T08:00:00+00:00"),
        ("in 2 h", "", "2026-11-30T10:30:15+00:00"),
        ("in 2h", "", "2026-11-30T10:30:15+00:00"),
        ("in 1 hour and 30 minutes", "", "2026-11-30T10:00:15+00:00"),
        ("in 90 min", "Asia/Tokyo", "2026-11-30T10:00:15+00:00"),
        ("in 3 days", "", "2026-12-03T08:30:15+00:00"),
        ("now", "", "2026-11-30T08:30:15+00:00"),
        ("2026-12-01T09:00", "Europe/Berlin", "2026-12-01T08:00:00+00:00"),
        ("2026-12-01 09:00", "America/New_York", "2026-12-01T14:00:00+00:00"),
        ("2026-12-01T09:00:30", "UTC", "2026-12-01T09:00:30+00:00"),
        ("2026-12-01T09:00:00+02:00", "America/New_York", "2026-12-01T07:00:00+00:00"),
        ("2026-12-01T09:00Z", "", "2026-12-01T09:00:00+00:00"),
    ],
)
def test_a_time_is_read_by_the_clock_that_is_meant(said: str, zone: str, instant: str):
    assert instant_at(said, zone, NOW).isoformat() == instant


@pytest.mark.parametrize(
    "said",
    [
        *("9", "24:00", "9:60", "9.00", "tomorrow", "yesterday 9:00", "next week", "9:00 tomorrow please", "soon"),
        *("in 2", "in h", "in 2 moons", "in 2 h x", "in -2 h", "in 999999 weeks", "in", "2026-12-01", "2026-02-30T09:00"),
        *("2026-12-01T25:00", "2026-12-01T09:00+99:00", "01.12.2026 09:00", "1893456000"),
    ],
)
def test_what_is_no_time_is_refused_with_what_can_be_written(said: str):
    with pytest.raises(Invalid, match="--at"):
        instant_at(said, "Europe/Berlin", NOW)


def test_a_time_that_the_clock_never_shows_is_refused():
    with pytest.raises(Invalid, match="never shows 02:30"):
        instant_at("2027-03-28T02:30", "Europe/Berlin", NOW)


def test_a_time_that_the_clock_shows_twice_is_asked_for_exactly():
    with pytest.raises(Invalid, match=r"2027-10-31T02:30:00\+02:00 or 2027-10-31T02:30:00\+01:00"):
        instant_at("2027-10-31T02:30", "Europe/Berlin", NOW)
    assert instant_at("2027-10-31T02:30:00+01:00", "Europe/Berlin", NOW).isoformat() == "2027-10-31T01:30:00+00:00"
