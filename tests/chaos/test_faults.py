"""Does a seed make the same plan each time, and does each fault come up?"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.chaos import clock
from tests.chaos.faults import FAMILIES, KINDS, STEPS, plan
from tests.chaos.house import BROWSED
from tests.chaos.load import requests
from tests.chaos.run import Size
from tests.support.plain import untraced
from tests.support.stack import ROOT


def test_ten_minutes_have_every_kind_of_fault_and_sixty_at_least():
    size = Size.of(600)
    planned = plan(3, size.strikes_s, size.faults)

    assert {one.kind for one in planned} == set(KINDS)
    assert len(planned) >= 60


def test_a_minute_has_every_family_of_faults_but_one():
    for seed in range(50):
        size = Size.of(60)
        planned = plan(seed, size.strikes_s, size.faults)
        assert {one.kind.family for one in planned} == set(FAMILIES) - {"failover"}  # which takes a person's time


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


def test_a_site_in_a_browser_is_struck_by_its_processes_alone():
    struck = {one.kind.name for seed in range(50) for one in plan(seed, 540, 72, browsed=True) if BROWSED in one.target}

    assert struck == {f"{who} {how}" for who in ("parent", "child") for how in ("killed", "terminated", "paused")}


def test_a_run_can_be_struck_by_one_kind_alone():
    assert {one.kind.name for one in plan(1, 60, 14, only="clock stepped")} == {"clock stepped"}


def test_a_process_that_follows_the_clock_of_a_run_sees_it_step(tmp_path):
    file = tmp_path / "clock"
    clock.step(file, 0)
    reading = "import psutil, time; print(time.time(), psutil.Process().create_time(), flush=True)"
    program = f"from tests.chaos import clock; clock.follow()\nwhile input():\n    {reading}"
    environment = untraced() | {clock.VARIABLE: str(file)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-u", "-c", program], cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def read() -> tuple[float, float]:
            process.stdin.write("again\n")
            process.stdin.flush()
            now, began = process.stdout.readline().split()
            return float(now) - time.time(), float(began)

        apart, began = read()
        assert abs(apart) < 5
        for seconds in STEPS.values():
            clock.step(file, seconds)
            stepped, began_then = read()
            assert abs(stepped - seconds) < 5
            assert began_then - began == pytest.approx(seconds, abs=1.5)
        process.kill()
