"""Does every workspace get its share of a lane, by weight, however much another has waiting?"""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.engine.rules.fairness import Turns


@given(weights=st.lists(st.integers(1, 10), min_size=2, max_size=5), rounds=st.integers(1, 400))
def test_shares_follow_the_weights_to_within_one_message(weights, rounds):
    turns, got = Turns(), Counter()
    spaces = [UUID(int=number + 1) for number in range(len(weights))]
    for _ in range(rounds):
        turns.wait("system", spaces)
        chosen = min(spaces, key=lambda space: (turns.had("system", space), space))
        turns.take("system", chosen, 1, weights[chosen.int - 1])
        got[chosen] += 1
    for space in spaces:
        for other in spaces:
            share, others = got[space] / weights[space.int - 1], got[other] / weights[other.int - 1]
            assert abs(share - others) <= 1 / min(weights[space.int - 1], weights[other.int - 1]) + 1e-9


def test_who_comes_back_starts_where_those_stand_who_waited():
    turns = Turns()
    early, late = UUID(int=1), UUID(int=2)
    turns.wait("system", [early])
    for _ in range(100):
        turns.take("system", early, 1, 1)
    turns.wait("system", [early, late])
    assert turns.had("system", late) == turns.had("system", early)
    assert turns.had("media", late) == 0
