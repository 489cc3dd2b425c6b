"""Does recurring work come when the clock on the wall shows its time, once, and never in a burst?"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.rules.recurrence.exdates import read_exdate
from shared.engine.rules.recurrence.rrule import WEEKDAYS, read_rule, times
from shared.engine.rules.recurrence.schedules import (
    Decision,
    Earlier,
    Policy,
    Recurrence,
    decide,
    instant_of,
    last_of,
    last_slot,
    next_slot,
)

BERLIN = ZoneInfo("Europe/Berlin")
# With clocks that are put forward and back by an hour, half an hour, a whole day; and without.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kolkata",
)
START = datetime(2026, 1, 1, 8, tzinfo=UTC)
wall = datetime.fromisoformat  # without an offset: what the clock on the wall shows


def next_slots(when: Recurrence, after: datetime, most: int) -> list[datetime]:
    """The next slots, one after the other."""
    found: list[datetime] = []
    while len(found) < most and (slot := next_slot(when, found[-1] if found else after)) is not None:
        found.append(slot)
    return found


def numbers(least: int, most: int, size: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(least, most), min_size=1, max_size=size).map(lambda some: ",".join(map(str, some)))


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    # All with a number or none: of MO,1MO dateutil takes what is both, and RFC 5545 what is either.
    numbered = frequency in {"MONTHLY", "YEARLY"} and draw(st.booleans())
    nth = st.sampled_from(("1", "2", "-1", "-2")) if numbered else st.just("")
    days = st.lists(st.tuples(nth, st.sampled_from(WEEKDAYS)).map("".join), min_size=1, max_size=3, unique=True)
    parts = {
        "INTERVAL": st.integers(1, 5).map(str),
        "BYMONTH": numbers(1, 12, 3),
        "BYMONTHDAY": st.one_of(numbers(1, 31, 3), numbers(-31, -1, 3)),
        "BYDAY": days.map(",".join),
        "BYHOUR": numbers(0, 23, 3),
        "BYMINUTE": numbers(0, 59, 3),
        "WKST": st.sampled_from(WEEKDAYS),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(parts)), unique=True, max_size=3))
    if frequency == "YEARLY" and numbered and "BYDAY" in chosen and "BYMONTH" not in chosen:
        chosen.append("BYMONTH")
    # Of weeks dateutil takes the first from the start on, and RFC 5545 the whole.
    if frequency in {"DAILY", "MONTHLY", "YEARLY"} and any(name.startswith("BY") for name in chosen) and draw(st.booleans()):
        parts["BYSETPOS"] = st.one_of(numbers(1, 4, 2), numbers(-3, -1, 2))
        chosen.append("BYSETPOS")
    return ";".join([f"FREQ={frequency}", *(f"{name}={draw(parts[name])}" for name in chosen)])


walls = st.datetimes(wall("2000-01-01"), wall("2030-01-01")).map(lambda at: at.replace(second=0, microsecond=0))
recurrences = st.builds(
    lambda rule, zone, start: Recurrence(read_rule(rule), ZoneInfo(zone), start.replace(tzinfo=UTC)),
    rules(),
    st.sampled_from(ZONES),
    walls,
)


@given(rules(), walls)
@settings(max_examples=60, deadline=None)
def test_a_rule_names_the_times_that_dateutil_names(rule: str, start: datetime):
    ends = start + timedelta(days=100)
    ours = [at for at in times(read_rule(rule), start, start.date()) if start <= at <= ends]
    # Without an end within the calendar that library would look through 8,000 years.
    try:
        until = f";UNTIL={ends:%Y%m%dT%H%M%S}" if ours else ""
        theirs = list(rrulestr(rule + until, dtstart=start)) if until else []
    except ValueError:
        theirs = []  # dateutil refuses hours that no interval reaches
    assert ours == theirs


@given(recurrences, st.integers(0, 500))
@settings(max_examples=60, deadline=None)
def test_slots_only_grow_and_are_the_same_from_wherever_one_looks(when: Recurrence, days: int):
    after = when.starts_at + timedelta(days=days)
    slots = next_slots(when, after, 5)

    assert slots == sorted(set(slots))
    assert all(slot > after for slot in slots)
    for slot in slots:
        assert next_slot(when, slot - timedelta(seconds=1)) == slot
        assert last_slot(when, slots[0], slot + timedelta(seconds=30)) == slot
    if slots:
        assert last_slot(when, slots[0], slots[-1] - timedelta(seconds=1)) == slots[max(0, len(slots) - 2)]


@given(recurrences, st.integers(0, 500))
@settings(max_examples=40, deadline=None)
def test_the_wall_shows_a_slots_own_time_or_the_first_one_after_a_gap(when: Recurrence, days: int):
    hourly = when.rule.frequency == "HOURLY"  # its interval is counted in time that passes, not on the wall
    rule = replace(when.rule, interval=1) if hourly else when.rule
    for slot in next_slots(when, when.starts_at + timedelta(days=days), 3):
        local = slot.astimezone(when.zone)
        until_then = takewhile(lambda at: at.date() <= local.date(), times(rule, when.wall_start, local.date()))  # noqa: B023
        named = local.replace(tzinfo=None) in set(until_then)
        before = (slot - timedelta(seconds=1)).astimezone(when.zone)
        assert named or local.utcoffset() != before.utcoffset()
        assert local.fold == 0 or hourly


def slots_of(rule: str, zone: ZoneInfo, begin: datetime, count: int) -> list[str]:
    found = next_slots(Recurrence(read_rule(rule), zone, begin), begin - timedelta(seconds=1), count)
    return [f"{slot:%d %H:%M}" for slot in found]


def test_a_time_that_the_wall_never_shows_moves_to_the_next_that_it_does():
    begin = datetime(2026, 3, 28, tzinfo=UTC)
    assert slots_of("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", BERLIN, begin, 3) == ["28 01:30", "29 01:00", "30 00:30"]
    minutely = slots_of("FREQ=MINUTELY;INTERVAL=20", BERLIN, datetime(2026, 3, 29, 0, 40, tzinfo=UTC), 3)
    assert minutely == ["29 00:40", "29 01:00", "29 01:20"]


def test_a_time_that_the_wall_shows_twice_happens_once():
    begin = datetime(2026, 10, 24, tzinfo=UTC)
    assert slots_of("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", BERLIN, begin, 3) == ["24 00:30", "25 00:30", "26 01:30"]


# From celery/celery#10107, dbader/schedule#649, temporalio/temporal#8205: work by intervals stood still for an hour.
@pytest.mark.parametrize(
    ("rule", "begin", "slots"),
    [
        ("FREQ=HOURLY", "2026-10-25T00:00", ["25 00:00", "25 01:00", "25 02:00"]),
        ("FREQ=HOURLY;BYMINUTE=0", "2027-10-31T00:00", ["31 00:00", "31 01:00", "31 02:00"]),
        ("FREQ=HOURLY;BYMINUTE=0,15,30,45", "2027-10-31T00:46", ["31 01:00", "31 01:15", "31 01:30"]),
        ("FREQ=MINUTELY;INTERVAL=40", "2027-10-31T00:00", ["31 00:00", "31 00:40", "31 01:20", "31 02:00"]),
        ("FREQ=HOURLY;INTERVAL=2", "2027-10-30T23:00", ["30 23:00", "31 01:00", "31 03:00"]),
        ("FREQ=HOURLY;BYMINUTE=30", "2027-03-28T00:00", ["28 00:30", "28 01:30", "28 02:30"]),
        ("FREQ=HOURLY;INTERVAL=2", "2027-03-28T00:00", ["28 00:00", "28 02:00", "28 04:00"]),
        ("FREQ=HOURLY;BYHOUR=2;BYMINUTE=30", "2027-03-27T00:00", ["27 01:30", "29 00:30"]),
    ],
)
def test_hours_and_minutes_go_by_the_time_that_passes(rule: str, begin: str, slots: list[str]):
    assert slots_of(rule, BERLIN, wall(begin).replace(tzinfo=UTC), len(slots)) == slots


@given(st.integers(1, 90), walls, st.sampled_from(ZONES), st.integers(0, 500))
@settings(max_examples=60, deadline=None)
def test_minutes_are_always_the_same_time_apart_in_every_zone(interval: int, start: datetime, zone: str, days: int):
    when = Recurrence(read_rule(f"FREQ=MINUTELY;INTERVAL={interval}"), ZoneInfo(zone), start.replace(tzinfo=UTC))
    found = next_slots(when, when.starts_at + timedelta(days=days), 4)
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=interval)}
    assert (found[0] - when.starts_at) % timedelta(minutes=interval) == timedelta()


@pytest.mark.parametrize(
    ("rule", "start", "slots"),
    [
        ("FREQ=DAILY;BYHOUR=9", "2026-01-01T08:00:30", ["01 08:00:30", "02 08:00:30"]),
        ("FREQ=DAILY", "2026-01-01T08:00:30", ["01 08:00:30", "02 08:00:30"]),
        ("FREQ=HOURLY", "2026-01-01T08:00:30", ["01 08:00:30", "01 09:00:30"]),
        ("FREQ=MINUTELY;INTERVAL=20", "2026-01-01T08:00:59", ["01 08:00:59", "01 08:20:59"]),
        # As `from now on` was stored by earlier versions.
        ("FREQ=DAILY;BYHOUR=9", "2026-01-01T08:00:30.123456", ["01 08:01:00", "02 08:01:00"]),
    ],
)
def test_the_seconds_of_a_start_count(rule: str, start: str, slots: list[str]):
    when = Recurrence(read_rule(rule), BERLIN, wall(start).replace(tzinfo=UTC))
    assert [f"{slot:%d %H:%M:%S}" for slot in next_slots(when, START - timedelta(days=1), 2)] == slots


def test_a_day_that_a_zone_left_out_has_no_slot_of_its_own():
    apia = ZoneInfo("Pacific/Apia")  # had no 30 December 2011
    assert instant_of(wall("2011-12-30T09:00"), apia) == instant_of(wall("2011-12-31"), apia)


def test_days_with_and_without_a_number_are_one_list():
    start = wall("2026-01-01")
    named = times(read_rule("FREQ=MONTHLY;BYDAY=MO,1MO,-1FR"), start, start.date())
    assert [next(named).day for _ in range(6)] == [5, 12, 19, 26, 30, 2]


def test_nine_in_the_morning_stays_nine_in_the_morning():
    when = Recurrence(read_rule("FREQ=MONTHLY;BYHOUR=9;BYMINUTE=0"), BERLIN, START)
    assert {slot.astimezone(BERLIN).hour for slot in next_slots(when, START, 24)} == {9}


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("", "FREQ=DAILY"),
        ("DAILY", "FREQ=DAILY"),
        ("FREQ=SECONDLY", "MINUTELY"),
        ("FREQ=DAILY;BYSECOND=1", "BYSECOND"),
        ("FREQ=DAILY;BYWEEKNO=1", "BYWEEKNO"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=10001", "COUNT"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20300101", "COUNT"),
        ("FREQ=DAILY;UNTIL=2030-01-01", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20300231", "UNTIL"),
        ("FREQ=WEEKLY;WKST=1", "WKST"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=HOURLY;BYMINUTE=1,2;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS"),
        ("FREQ=YEARLY;BYDAY=MO;BYHOUR=0,1,2,3,4;BYMINUTE=0,1,2,3,4;BYSETPOS=1", "24 times"),
        ("FREQ=YEARLY;BYDAY=-1SU", "BYDAY"),
        ("FREQ=DAILY;FREQ=DAILY", "once"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1001", "INTERVAL"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR"),
        ("FREQ=DAILY;BYHOUR=9,x", "BYHOUR"),
        ("FREQ=DAILY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=DAILY;BYDAY=1MO", "BYDAY"),
        ("FREQ=DAILY;BYDAY=XX", "BYDAY"),
        ("FREQ=DAILY;BYHOUR=" + "9," * 300, "characters"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_part_that_is_wrong(rule: str, word: str):
    with pytest.raises(ValueError, match=word):
        read_rule(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;INTERVAL=1000;BYMINUTE=1",
    ],
)
def test_a_rule_that_names_no_time_costs_little_and_has_no_slot(rule: str):
    begun = time.process_time()
    assert next_slot(Recurrence(read_rule(rule), BERLIN, START), START) is None
    assert time.process_time() - begun < 0.5


# As calendars export them.
@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["01-30", "02-27", "03-31"]),  # the last working day of the month
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1", ["01-01", "01-30", "02-02"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", ["03-29", "03-28", "03-26"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", ["01-04", "01-13", "01-18"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", ["01-11", "01-13", "01-25"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1", ["01-02", "01-09", "01-16"]),
        ("RRULE:FREQ=WEEKLY;WKST=MO;BYDAY=TH", ["01-01", "01-08", "01-15"]),
    ],
)
def test_what_calendars_export_is_read(rule: str, days: list[str]):
    found = next_slots(Recurrence(read_rule(rule), BERLIN, START), START - timedelta(seconds=1), 3)
    assert [f"{slot:%m-%d}" for slot in found] == days
    assert last_slot(Recurrence(read_rule(rule), BERLIN, START), found[0], found[2]) == found[2]


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FREQ=DAILY", None),
        ("FREQ=DAILY;COUNT=1", "2026-01-01T08:00"),
        ("FREQ=DAILY;COUNT=100", "2026-04-10T07:00"),
        ("FREQ=HOURLY;COUNT=25", "2026-01-02T08:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", "2026-05-31T07:00"),
        ("FREQ=DAILY;UNTIL=20260201T080000Z", "2026-02-01T08:00"),
        ("FREQ=DAILY;UNTIL=20260701T090000", "2026-07-01T07:00"),
    ],
)
def test_a_rule_ends_by_its_count_or_its_until(rule: str, last: str | None):
    ends = last_of(Recurrence(read_rule(rule), BERLIN, START))
    assert ends == (None if last is None else wall(last).replace(tzinfo=UTC))


def test_a_day_until_which_a_rule_goes_is_part_of_it():
    when = Recurrence(read_rule("FREQ=DAILY;UNTIL=20260103"), BERLIN, START)
    ended = replace(when, ends_at=last_of(when))
    assert [slot.day for slot in next_slots(ended, START - timedelta(days=1), 9)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("left_out", "days"),
    [
        ("2026-01-02", [1, 3, 4]),
        ("20260102", [1, 3, 4]),
        ("20260102T090000", [1, 3, 4]),
        ("20260102T080000", [1, 2, 3]),
        ("20260102T080000Z", [1, 3, 4]),
        ("2026-01-02T10:00:00+02:00", [1, 3, 4]),
    ],
)
def test_a_day_a_time_or_an_instant_is_left_out_and_a_count_counts_it(left_out: str, days: list[int]):
    when = Recurrence(read_rule("FREQ=DAILY;COUNT=4"), BERLIN, START, exdates=frozenset({read_exdate(left_out)}))
    assert [slot.day for slot in next_slots(when, START - timedelta(seconds=1), 3)] == days
    assert last_slot(when, START, START + timedelta(days=1)) == START + timedelta(days=0 if 2 not in days else 1)
    assert last_of(when) == START + timedelta(days=3)


@pytest.mark.parametrize("text", ["", "Christmas", "2026-13-01", "20260230", "20260102T250000", "2026-01-02T9"])
def test_what_names_no_day_time_or_instant_is_refused(text: str):
    with pytest.raises(ValueError, match="2026-12-25"):
        read_exdate(text)


def test_a_count_that_is_not_reached_in_the_years_that_are_looked_at_is_refused():
    with pytest.raises(ValueError, match="UNTIL"):
        last_of(Recurrence(read_rule("FREQ=YEARLY;COUNT=10000"), BERLIN, START))


def test_nothing_comes_before_the_start_or_after_the_end():
    when = Recurrence(read_rule("FREQ=DAILY"), BERLIN, START, START + timedelta(days=2))
    long_before = START - timedelta(days=900)
    assert next_slots(when, long_before, 9) == [START, START + timedelta(days=1), START + timedelta(days=2)]


def test_at_the_edges_of_the_calendar_nothing_breaks():
    for start in (datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)):
        when = Recurrence(read_rule("FREQ=MINUTELY"), ZoneInfo("Pacific/Apia"), start)
        assert next_slot(when, start) is not None
        next_slots(when, datetime(9999, 12, 29, tzinfo=UTC), 2)
        last_slot(when, when.starts_at, datetime(9999, 12, 29, tzinfo=UTC))


# Lesson of postiz-app#1840: recurring posts caught up in a burst after a pause.
POLICY = Policy(missed="run_once", overlap="skip", late=timedelta(minutes=5))
HOURLY = Recurrence(read_rule("FREQ=HOURLY"), BERLIN, START)
LATER = START + timedelta(days=3, minutes=20)


def test_after_a_pause_the_newest_missed_slot_is_made_up_once_or_not_at_all():
    newest = START + timedelta(days=3)
    assert decide(HOURLY, START, LATER, POLICY, Earlier()) == Decision(newest)
    skip = Policy("skip", "skip", POLICY.late)
    assert decide(HOURLY, START, LATER, skip, Earlier()) == Decision(newest, "missed")
    assert decide(HOURLY, START, newest + timedelta(minutes=4), skip, Earlier()) == Decision(newest)


@pytest.mark.parametrize(
    ("overlap", "earlier", "skipped"),
    [
        ("skip", Earlier(), ""),
        ("skip", Earlier(active=1), "overlap"),
        ("skip", Earlier(waiting=1), "overlap"),
        ("queue", Earlier(active=1), ""),
        ("queue", Earlier(waiting=1, active=1), "overlap"),
    ],
)
def test_at_most_one_occurrence_waits_and_by_policy_none_beside_one_that_runs(overlap, earlier, skipped):
    policy = Policy("run_once", overlap, POLICY.late)
    assert decide(HOURLY, START, START, policy, earlier).skipped == skipped
