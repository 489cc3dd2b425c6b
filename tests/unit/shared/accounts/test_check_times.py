"""Are accounts looked at about once a day, each at its own hour, and a lane at a time?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.accounts.check_times import Check, next_check, next_reading, one_for_each_lane
from shared.ids import new_id

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LANES = ("chromium.local.instagram", "chromium.local.x", "safari.mac")


def test_accounts_that_were_connected_in_one_moment_are_checked_over_hours():
    due = {next_check(new_id(), NOW) - NOW for _ in range(200)}
    assert min(due) >= timedelta(hours=22)
    assert max(due) <= timedelta(hours=26)
    assert max(due) - min(due) > timedelta(hours=3)


def test_an_accounts_own_hour_is_the_same_for_everybody_who_asks():
    account = new_id()
    assert next_check(account, NOW) == next_check(UUID(str(account)), NOW)


def test_an_inbox_that_nobody_has_read_is_read_at_once_and_then_as_often_as_wanted():
    assert next_reading(900, None, NOW) == NOW
    assert next_reading(900, NOW, NOW) == NOW + timedelta(seconds=900)


def test_after_any_pause_a_lane_gets_the_one_that_is_due_longest():
    looks = [Check(new_id(), lane, NOW - timedelta(days=days)) for days in (1, 30, 2) for lane in LANES]
    chosen = one_for_each_lane(looks, NOW, served=LANES, busy=())
    assert sorted(look.lane for look in chosen) == sorted(LANES)
    assert {look.due_at for look in chosen} == {NOW - timedelta(days=30)}


def test_nobody_looks_before_time_nor_where_nobody_works_or_somebody_is_about_to_look():
    early = Check(new_id(), LANES[0], NOW + timedelta(seconds=1))
    unserved, busy = Check(new_id(), LANES[1], NOW), Check(new_id(), LANES[2], NOW)
    assert one_for_each_lane([early, unserved, busy], NOW, served={LANES[0], LANES[2]}, busy={LANES[2]}) == []
