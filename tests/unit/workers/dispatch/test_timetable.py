"""Is a slot the same for everybody who looks, and is what was missed made up once?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from beat_schedule import TIMETABLE
from workers.dispatch import timetable

NOW = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)


def test_a_slot_is_the_start_of_its_period():
    assert timetable.slot_of({"every_s": 300}, NOW) == datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    assert timetable.slot_of({"every_s": 3600}, NOW) == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_everybody_who_looks_within_a_period_sees_the_same_slots():
    def slots(now: datetime) -> set:
        return {(row["timetable_entry"], row["timetable_slot"]) for row in timetable.rows(now)}

    assert slots(NOW) == slots(NOW + timedelta(seconds=3))
    assert slots(NOW) != slots(NOW + timedelta(hours=1))


def test_after_a_long_pause_each_entry_has_one_task_and_no_burst():
    assert len(timetable.rows(NOW + timedelta(days=30))) == len(TIMETABLE)
