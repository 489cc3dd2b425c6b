"""When does the system fall asleep, and what wakes it when?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.rules.sleep import PLANNED, Asleep, Decision, Due, Outlook, decide, next_wake

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AHEAD = timedelta(minutes=5)
AWAKE = Outlook(asked=False, asleep=False, in_flight=0, due=())
ASKED = replace(AWAKE, asked=True)
ASLEEP = replace(ASKED, asleep=True)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def due(count: float, trigger: str = "scheduled") -> Due:
    return Due(minutes(count), trigger)


def test_nobody_falls_asleep_unasked():
    assert decide(AWAKE, NOW, AHEAD) == Decision(asleep=False)


def test_when_asked_it_sleeps_until_something_is_due():
    assert decide(ASKED, NOW, AHEAD) == Decision(asleep=True)
    assert decide(replace(ASKED, due=[due(60), due(30)]), NOW, AHEAD) == Decision(asleep=True, wakes_at=minutes(25))


def test_it_waits_for_work_in_flight():
    assert not decide(replace(ASKED, in_flight=1), NOW, AHEAD).asleep


@pytest.mark.parametrize("trigger", ["due", "scheduled", "scope", "checkback"])
def test_it_does_not_fall_asleep_for_less_time_than_it_wakes_ahead(trigger: str):
    assert decide(replace(ASKED, due=[due(5, trigger), due(9)]), NOW, AHEAD) == Decision(asleep=False, wakes_at=minutes(5))
    assert decide(replace(ASKED, due=[due(5.1, trigger)]), NOW, AHEAD).asleep


def test_planned_work_wakes_it_ahead_and_everything_else_in_time():
    for trigger in sorted(PLANNED):
        assert next_wake([due(30, trigger)], AHEAD) == Due(minutes(25), trigger)
    assert next_wake([due(30, "checkback")], AHEAD) == due(30, "checkback")
    assert next_wake([due(30), due(26, "scope")], AHEAD) == due(25)
    assert next_wake([], AHEAD) is None


def test_what_is_due_wakes_it_and_is_named():
    for one, trigger in (
        (due(5), "scheduled"),
        (due(0, "submit"), "submit"),
        (Due(NOW, "wake", UUID(int=3), "mine"), "wake"),
    ):
        decided = decide(replace(ASLEEP, due=[due(90), one]), NOW, AHEAD)
        assert (decided.asleep, decided.trigger) == (False, trigger)
        assert (decided.woken_by.whose, decided.woken_by.what) == (one.whose, one.what)
    assert decide(replace(ASLEEP, due=[due(0.1, "scope")]), NOW, AHEAD) == Decision(asleep=True, wakes_at=minutes(0.1))


def test_whoever_calls_it_off_is_named():
    woken = replace(ASLEEP, asked=False, called_off_by="visit")
    assert decide(woken, NOW, AHEAD) == Decision(asleep=False, trigger="visit")


def test_work_that_runs_asleep_wakes_nobody():
    assert decide(replace(ASLEEP, in_flight=1), NOW, AHEAD).asleep


@given(st.lists(st.tuples(st.integers(-100, 100), st.sampled_from(["scheduled", "scope", "submit"])), max_size=5))
def test_what_falls_asleep_does_not_wake_at_once(some: list[tuple[int, str]]):
    outlook = replace(ASKED, due=[due(*one) for one in some])
    if decide(outlook, NOW, AHEAD).asleep:
        assert decide(replace(outlook, asleep=True), NOW, AHEAD).asleep


def test_a_task_that_is_held_is_told_until_when():
    assert Asleep(minutes(5)).reason == "asleep, wakes at 2026-11-20T12:05:00+00:00"
    assert Asleep(None).reason == "asleep until something is due or somebody wakes it"
    assert Asleep(minutes(5)).holds(NOW)
    assert not Asleep(minutes(5)).holds(minutes(5))
    assert Asleep(None).holds(minutes(10**6))
