"""The model of growth says what becomes too small first, from what was measured."""

from __future__ import annotations

import pytest

from benchmarks.scaling import Capacity, loads, machines, peak_a_second, stored_gb, table

ENGINE = Capacity("engine", 5_000, 1.0, "more machines")
BROWSER = Capacity("browser", 2.5, 0.01, "more lanes")


def test_the_busiest_hour_has_four_times_the_average():
    assert peak_a_second(864_000) == pytest.approx(40)


def test_what_is_used_most_comes_first_and_says_what_to_do():
    found = loads(864_000, [ENGINE, BROWSER])

    assert [load.name for load in found] == ["browser", "engine"]
    assert [load.used for load in found] == pytest.approx([0.16, 0.008])
    assert not found[0].is_full
    assert loads(8_640_000, [BROWSER])[0].is_full
    assert found[0].remedy == "more lanes"


def test_so_many_machines_are_needed_that_none_is_full():
    assert machines(864_000, ENGINE) == 1
    assert machines(100_000_000, ENGINE) == 2
    assert machines(864_000_000, ENGINE) == 14


def test_what_is_stored_grows_with_the_days_that_tasks_are_kept():
    assert stored_gb(1_000_000, 1_000) == pytest.approx(30)


def test_the_table_names_what_is_full_first_or_nothing():
    rows = table([864_000, 86_400_000], [ENGINE, BROWSER], 1_000)

    assert rows[2] == "| 864,000 | 40 a second | 1% | 16% | 26 GB | nothing |"
    assert rows[3].endswith("| 80% | 1600% | 2,592 GB | browser |")
