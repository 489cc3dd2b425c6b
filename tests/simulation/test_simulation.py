"""Does a simulated week go right for every seed, and would each gate be missed?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.engine.rules.gates import GATES, OPEN, Gate, Verdict
from tests.simulation.model import draw
from tests.simulation.oracle import violations
from tests.simulation.run import Run

SEEDS = 100
SEEDS_TO_NOTICE = 60


def week(seed: int, gates: tuple[Gate, ...] = GATES) -> list[str]:
    return list(violations(Run(draw(seed), gates).go()))


@pytest.mark.parametrize("tens", range(SEEDS // 10))
def test_a_week_goes_right(tens: int):
    found = {seed: wrong for seed in range(tens * 10, tens * 10 + 10) if (wrong := week(seed))}
    assert not found


def test_a_seed_says_the_same_again():
    assert Run(draw(7), GATES).go().arrivals == Run(draw(7), GATES).go().arrivals


@pytest.mark.parametrize("name", [gate.name for gate in GATES])
@pytest.mark.parametrize("how", ["open", "inverted"])
def test_a_gate_that_does_not_do_its_work_is_noticed(name: str, how: str):
    gates = tuple(_spoilt(gate, how) if gate.name == name else gate for gate in GATES)
    assert any(week(seed, gates) for seed in range(SEEDS_TO_NOTICE))


def test_hours_that_nobody_asks_for_are_noticed():
    def blind(task, world):
        return quiet.decide(replace(task, hours=None), world)

    quiet = next(gate for gate in GATES if gate.name == "quiet_hours")
    gates = tuple(replace(gate, decide=blind) if gate is quiet else gate for gate in GATES)
    found = [wrong for seed in range(SEEDS_TO_NOTICE) for wrong in week(seed, gates)]
    assert found
    assert all(wrong.startswith("outside its hours") for wrong in found)


def _spoilt(gate: Gate, how: str) -> Gate:
    if how == "open":
        return replace(gate, decide=lambda _task, _world: OPEN)

    def inverted(task, world):
        verdict = gate.decide(task, world)
        return Verdict(open=False, reason="inverted") if verdict.open else OPEN

    return replace(gate, decide=inverted)
