"""When may an effect that was not found be called absent?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.rules.verify import (
    AskPerson,
    Evidence,
    LookAgain,
    SendAgain,
    after_absent_read,
    next_look,
    same_place,
    visible_from,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PROVED = Evidence(now=NOW, known_dead=True, visible_from=NOW, absent_reads=2, absent_before=0, on_browser=True)


def test_two_agreeing_reads_after_the_delay_with_the_old_attempt_dead_prove_absence():
    assert after_absent_read(PROVED) == SendAgain()


def test_nothing_is_concluded_while_the_old_attempt_may_live():
    decision = after_absent_read(replace(PROVED, known_dead=False))

    assert isinstance(decision, LookAgain)
    assert not decision.counts


def test_nothing_is_concluded_before_the_action_must_have_become_visible():
    later = NOW + timedelta(seconds=9)

    assert after_absent_read(replace(PROVED, visible_from=later)) == LookAgain(at=later, counts=False)


def test_one_read_is_not_enough():
    decision = after_absent_read(replace(PROVED, absent_reads=1))

    assert isinstance(decision, LookAgain)
    assert decision.counts
    assert decision.at > NOW


def test_a_browser_is_trusted_with_one_verified_absent_retry():
    assert after_absent_read(replace(PROVED, absent_before=1)) == AskPerson()
    assert after_absent_read(replace(PROVED, absent_before=1, on_browser=False)) == SendAgain()


@given(
    known_dead=st.booleans(),
    late_s=st.integers(-100, 100),
    reads=st.integers(1, 5),
    before=st.integers(0, 3),
    on_browser=st.booleans(),
)
def test_it_is_sent_again_only_when_all_three_hold(known_dead, late_s, reads, before, on_browser):
    evidence = Evidence(NOW, known_dead, NOW + timedelta(seconds=late_s), reads, before, on_browser)

    if isinstance(after_absent_read(evidence), SendAgain):
        assert known_dead
        assert late_s <= 0
        assert reads >= 2


def test_a_call_is_visible_so_long_after_the_latest_instant_at_which_it_can_have_been_made():
    deadline, later = NOW, NOW + timedelta(minutes=1)

    assert visible_from(deadline, None, 10) == NOW + timedelta(seconds=10)
    assert visible_from(deadline, NOW - timedelta(minutes=1), 10) == NOW + timedelta(seconds=10)
    assert visible_from(deadline, later, 10) == later + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://site.example/p/abc/", "https://www.site.example/anna/p/abc?utm=x", True),
        ("@Mira", "mira", True),
        ("https://site.example/p/abc/", "https://site.example/p/abd/", False),
        ("@mira", "@noor", False),
    ],
)
def test_two_ways_to_write_one_post_or_person_are_the_same_place(one: str, other: str, *, same: bool):
    assert same_place(one, other) is same


def test_failed_looks_come_at_longer_and_longer_waits():
    waits = [(next_look(NOW, looks) - NOW).total_seconds() for looks in range(12)]

    assert waits[0] == 2
    assert waits == sorted(waits)
    assert waits[-1] == 300
