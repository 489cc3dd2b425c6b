"""May a task begin exactly within its hours, also at midnight, on chosen days and when the clocks change?"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.rules.hours import DAYS, Hours, from_json, opens_at

BERLIN = ZoneInfo("Europe/Berlin")
DAY = Hours(time(9), time(17))
NIGHT = Hours(time(22), time(2))
WORKDAYS = Hours(time(9), time(17), days=DAYS[:5])


def berlin(*wall: int) -> datetime:
    return datetime(*wall, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        (DAY, berlin(2026, 5, 1, 8, 59), berlin(2026, 5, 1, 9)),
        (DAY, berlin(2026, 5, 1, 9, 0), None),
        (DAY, berlin(2026, 5, 1, 16, 59), None),
        (DAY, berlin(2026, 5, 1, 17, 0), berlin(2026, 5, 2, 9)),
        # Over midnight, and 0 is an hour.
        (NIGHT, berlin(2026, 5, 1, 23), None),
        (NIGHT, berlin(2026, 5, 2, 1, 59), None),
        (NIGHT, berlin(2026, 5, 2, 2, 0), berlin(2026, 5, 2, 22)),
        (Hours(time(0), time(6)), berlin(2026, 5, 1, 0, 0), None),
        (Hours(time(22), time(0)), berlin(2026, 5, 2, 0, 0), berlin(2026, 5, 2, 22)),
        # Equal ends last a whole day.
        (Hours(time(9), time(9)), berlin(2026, 5, 1, 3), None),
        # 2026-05-01 is a Friday.
        (WORKDAYS, berlin(2026, 5, 1, 17), berlin(2026, 5, 4, 9)),
        (WORKDAYS, berlin(2026, 5, 3, 12), berlin(2026, 5, 4, 9)),
        # A night belongs to the day on which it begins.
        (Hours(time(22), time(2), days=("fr",)), berlin(2026, 5, 2, 1), None),
        (Hours(time(22), time(2), days=("fr",)), berlin(2026, 5, 1, 1), berlin(2026, 5, 1, 22)),
        # 02:30 does not exist on 2026-03-29: the hours begin at the end of the gap.
        (Hours(time(2, 30), time(5)), berlin(2026, 3, 29, 1), berlin(2026, 3, 29, 3)),
    ],
)
def test_the_hours_are_those_of_the_clock_on_the_wall(hours: Hours, now: datetime, opens: datetime | None):
    assert opens_at(hours, "Europe/Berlin", now) == opens


def test_hours_with_a_zone_of_their_own_are_by_that_one():
    tokyo = Hours(time(9), time(17), "Asia/Tokyo")

    assert opens_at(tokyo, "Europe/Berlin", datetime(2026, 5, 1, 3, tzinfo=UTC)) is None
    assert opens_at(tokyo, "Europe/Berlin", datetime(2026, 5, 1, 9, tzinfo=UTC)) == datetime(2026, 5, 2, tzinfo=UTC)


@given(
    st.times(timezones=st.none()),
    st.times(timezones=st.none()),
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds have none
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Chatham"]),
)
def test_when_they_open_they_are_open(start: time, end: time, days: set[str], now: datetime, zone: str):
    hours = Hours(start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0), zone, tuple(days))
    opens = opens_at(hours, zone, now)

    if opens is not None:
        assert now < opens <= now + timedelta(days=8)
        # A window that the clocks leave out altogether is open for no time.
        later = opens_at(hours, zone, opens)
        assert later is None or later > opens


def test_what_is_stored_is_read_again():
    stored = {"from": "09:00", "to": "17:30", "zone": "Asia/Tokyo", "days": ["mo", "fr"]}

    assert from_json(stored) == Hours(time(9), time(17, 30), "Asia/Tokyo", ("mo", "fr"))
    assert from_json({"from": "00:00", "to": "06:00"}) == Hours(time(0), time(6))
    assert from_json(None) is None
    assert str(WORKDAYS) == "09:00 to 17:00 on mo, tu, we, th, fr"
