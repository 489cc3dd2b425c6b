"""When does a destination's breaker open, for how long, and what counts as its failure?"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.rules.breaker import Breaker, Broken, Rule, after_failure, word_of
from shared.errors import (
    AccountBlocked,
    ActionRequired,
    ContentRejected,
    NotConfigured,
    OutcomeUnknown,
    RateLimited,
    Transient,
    UiChanged,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULE = Rule(failures=3, window=timedelta(minutes=5), shortest=timedelta(seconds=30), longest=timedelta(minutes=2))
TASK, OTHER = UUID(int=1), UUID(int=2)


def seconds(count: float) -> datetime:
    return NOW + timedelta(seconds=count)


def failing(*at: float) -> Breaker:
    breaker = Breaker()
    for count in at:
        breaker = after_failure(breaker, TASK, seconds(count), RULE)
    return breaker


def wrapped(error: Exception) -> OutcomeUnknown:
    """As an attempt raises it when a call went wrong after its intent."""
    outer = OutcomeUnknown(message="what came of it is not known")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        Transient(code="site_error"),
        Transient(code="page_timeout"),
        Transient(code="from a connector that nobody has written yet"),
        OutcomeUnknown(code="no_answer"),
        wrapped(TimeoutError()),
        wrapped(OutcomeUnknown(code="no_answer")),
        wrapped(Transient(code="page_hangs")),
    ],
)
def test_time_outs_server_errors_and_broken_connections_are_failures(error: Exception):
    assert word_of(error) == "failed"


@pytest.mark.parametrize(
    "error",
    [
        None,
        RateLimited(),
        AccountBlocked(),
        ActionRequired(),
        ContentRejected(),
        UiChanged(),
        wrapped(OutcomeUnknown(code="page_says_failed")),
    ],
)
def test_a_refusal_is_an_answer(error: Exception | None):
    assert word_of(error) == "answered"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("ours"),
        Transient(code="internal"),
        Transient(code="browser_lost"),
        Transient(code="no_time"),
        ContentRejected(code="text_too_long"),
        NotConfigured(),
        OutcomeUnknown(message="of an earlier attempt"),
        wrapped(Transient(code="page_lost")),
    ],
)
def test_faults_of_ours_say_nothing(error: Exception):
    assert word_of(error) is None


def test_it_opens_after_so_many_failures_within_the_window():
    assert failing(0, 1).opens_at is None
    opened = failing(0, 1, 2)
    assert (opened.failures, opened.opened, opened.opens_at) == (3, 1, seconds(32))
    assert failing(0, 1, 302).opens_at is None
    assert failing(0, 200, 301, 302).opens_at == seconds(332)


def test_while_it_is_open_nobody_calls_and_what_began_before_does_not_count():
    opened = failing(0, 1, 2)
    assert after_failure(opened, OTHER, seconds(10), RULE) == opened
    assert after_failure(opened, OTHER, seconds(40), RULE) == opened
    broken = Broken(3, seconds(32))
    assert broken.holds(TASK, seconds(31), began=False) == "3 failures in a row, tries again at 2026-11-20T12:00:32+00:00"


def test_then_one_task_tries_and_the_others_wait():
    broken = Broken(3, seconds(32))
    assert broken.holds(TASK, seconds(32), began=False) == ""
    assert broken.holds(OTHER, seconds(32), began=True) == "3 failures in a row, another task tries first"
    tries = replace(broken, trial=TASK)
    assert tries.holds(TASK, seconds(33), began=True) == ""
    assert tries.holds(OTHER, seconds(33), began=False) == "3 failures in a row, another task tries first"


def test_each_failed_trial_opens_it_for_longer_up_to_a_bound():
    breaker, rests = failing(0, 1, 2), []
    for _ in range(4):
        at = breaker.opens_at
        breaker = after_failure(replace(breaker, trial=TASK), TASK, at, RULE)
        rests.append((breaker.opens_at - at).total_seconds())
    assert rests == [60, 120, 120, 120]
    assert (breaker.failures, breaker.trial) == (7, None)


def test_it_opens_for_no_longer_than_its_bound_however_often_it_fails():
    old = Breaker(failures=10**6, opened=10**6, opens_at=NOW, trial=TASK)
    assert after_failure(old, TASK, NOW, RULE).opens_at == NOW + RULE.longest


@settings(deadline=None, max_examples=50)
@given(st.integers(min_value=0, max_value=2**32))
def test_a_destination_that_is_away_for_six_hours_is_called_some_thirty_times_and_no_two_try_at_once(seed: int):
    rule = Rule(failures=5, window=timedelta(minutes=5), shortest=timedelta(seconds=30), longest=timedelta(minutes=15))
    rng, breaker, now, calls = random.Random(seed), Breaker(), NOW, []
    while now < NOW + timedelta(hours=6):
        now += timedelta(seconds=rng.uniform(0, 10))  # the dispatcher looks, and some task wants to run
        task = UUID(int=rng.getrandbits(64))
        held = breaker.opens_at and Broken(breaker.failures, breaker.opens_at, breaker.trial)
        if not held or not held.holds(task, now, began=False):
            breaker = replace(breaker, trial=task if held else None)
            assert not held or held.trial is None
            now += timedelta(seconds=rng.uniform(0, 20))  # nobody else may, while it tries
            if held:
                assert Broken(breaker.failures, breaker.opens_at, breaker.trial).holds(OTHER, now, began=False)
            breaker = after_failure(breaker, task, now, rule)
            calls.append(now)
    assert len(calls) <= 35
