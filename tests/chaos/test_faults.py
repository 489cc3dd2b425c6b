"""Does a seed make the same plan each time, and does each fault come up?"""

from __future__ import annotations

from collections import Counter

from tests.chaos.faults import FAMILIES, KINDS, plan
from tests.chaos.load import requests
from tests.chaos.run import Size


def test_ten_minutes_have_every_kind_of_fault_and_sixty_at_least():
    size = Size.of(600)
    planned = plan(3, size.strikes_s, size.faults)

    assert {one.kind for one in planned} == set(KINDS)
    assert len(planned) >= 60


def test_a_minute_has_every_family_of_faults():
    for seed in range(50):
        size = Size.of(60)
        assert {one.kind.family for one in plan(seed, size.strikes_s, size.faults)} == set(FAMILIES)


def test_a_seed_makes_the_same_plan():
    assert plan(5, 100, 60) == plan(5, 100, 60)
    assert plan(5, 100, 60) != plan(6, 100, 60)


def test_a_fault_is_healed_before_its_run_ends():
    for seconds in (60, 600):
        size = Size.of(seconds)
        ends = max(one.at + one.lasts_s for one in plan(1, size.strikes_s, size.faults))
        assert ends < size.strikes_s + 45


def test_ten_minutes_ask_for_two_thousand_effects_and_each_once():
    size = Size.of(600)
    asked = [one for request in requests(3, size.strikes_s, size.tasks, size.limited) for one in request.asked]

    assert len(asked) - size.limited >= 2000
    assert len({one.marker for one in asked}) == len(asked)
    assert {one.platform for one in asked} == {"keyed", "searchable", "blind"}
    assert Counter(one.account for one in asked)["slow"] == size.limited
