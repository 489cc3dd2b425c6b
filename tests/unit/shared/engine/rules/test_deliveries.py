"""Is what was not taken tried again ever later, for three days and no longer?"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.engine.rules.deliveries import WAITS_S, next_try

SINCE = datetime(2026, 5, 1, tzinfo=UTC)
GIVE_UP = timedelta(days=3)


@given(st.integers(0, 10_000), st.integers(-60, 4 * 86_400), st.integers())
def test_the_next_try_is_later_and_never_after_the_end(tries: int, seconds: int, seed: int):
    now = SINCE + timedelta(seconds=seconds)
    again = next_try(tries=tries, since=SINCE, now=now, give_up=GIVE_UP, jitter=random.Random(seed))

    assert (again is None) == (now >= SINCE + GIVE_UP)
    if again is not None:
        assert now < again <= SINCE + GIVE_UP


@given(st.integers(0, 12), st.integers(-86_400, 5 * 86_400), st.integers())
def test_a_receiver_is_not_tried_before_it_asks_for_it(tries: int, seconds: int, seed: int):
    asked = SINCE + timedelta(seconds=seconds)
    plain, again = (
        next_try(tries=tries, since=SINCE, now=SINCE, give_up=GIVE_UP, jitter=random.Random(seed), asked=until)
        for until in (None, asked)
    )

    assert again == min(SINCE + GIVE_UP, max(plain, asked))


@given(st.integers())
def test_a_dead_receiver_is_tried_about_ten_times_and_last_at_the_end(seed: int):
    jitter, now, tries = random.Random(seed), SINCE, 1
    while (again := next_try(tries=tries, since=SINCE, now=now, give_up=GIVE_UP, jitter=jitter)) is not None:
        now, tries = again, tries + 1

    assert now == SINCE + GIVE_UP
    assert len(WAITS_S) - 1 <= tries <= len(WAITS_S) + 2
