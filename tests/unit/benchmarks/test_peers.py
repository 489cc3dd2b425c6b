"""The peers are compared fairly, and nothing about them depends on the machine that wrote it down."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.peers import environments, run
from benchmarks.peers.cases import CASES, OURS, Case, Spread, cell, losses, ratio, spread, table
from benchmarks.peers.measure import in_parts
from benchmarks.peers.peer import PEERS
from benchmarks.peers.posting import paced
from benchmarks.peers.programs.pace import LEAST, MOST, count_for
from benchmarks.peers.run import render

QUICK = Case("noop", "no-op", "a second")
LATE = Case("latency", "latency", "ms", more_is_better=False, digits=1)
ADDRESS = re.compile(r"https?://|file:|--(extra-)?index-url|--find-links")


def alone(value: float) -> Spread:
    return spread([value])


def test_a_median_stands_with_its_spread():
    assert spread([5, 1, 9, 3, 7]) == Spread(5, 1, 9)
    assert spread([4, 2]) == Spread(3, 2, 4)


def test_a_row_of_measurements_is_shown_by_the_medians_of_its_parts():
    assert in_parts([1, 1, 9, 4, 4, 4, 7, 7, 8], 3) == Spread(4, 1, 7)
    assert in_parts([2.0], 5) == Spread(2, 2, 2)


def test_a_ratio_says_how_many_times_better_ours_is_whichever_way_better_is():
    assert ratio(QUICK, alone(300), alone(100)) == 3
    assert ratio(LATE, alone(3), alone(9)) == 3
    assert ratio(LATE, alone(0), alone(9)) == float("inf")


def test_a_row_has_the_figure_its_spread_and_the_ratio_and_says_what_there_is_none_of():
    found = {
        OURS: {"noop": Spread(12_000, 11_000, 13_000), "latency": Spread(8, 7.5, 9)},
        "Queue": {"noop": Spread(4_000, 3_900, 4_100), "latency": "has none"},
        "Left out": {"noop": "left out: node is not on the PATH"},
    }

    assert table((QUICK, LATE), found) == [
        "| queue | no-op (a second) | latency (ms) |",
        "| --- | --- | --- |",
        "| Callsheet | 12,000 (11,000 to 13,000) | 8.0 (7.5 to 9.0) |",
        "| Queue | 4,000 (3,900 to 4,100) · 3x | has none |",
        "| Left out | left out: node is not on the PATH |  |",
    ]


def test_a_figure_of_ours_that_is_missing_leaves_the_peers_figure_alone():
    assert cell(QUICK, "did not answer", alone(100)) == "100 (100 to 100)"


def test_where_ours_is_behind_is_said_with_the_largest_distance_first():
    found = {
        OURS: {"noop": alone(100), "wait": alone(100), "latency": alone(8), "single": "did not answer"},
        "Slow": {"noop": alone(50), "wait": alone(200), "latency": alone(9), "single": alone(1)},
        "Quick": {"noop": alone(50), "wait": alone(1_000), "latency": alone(4), "single": alone(1)},
    }

    assert losses(found) == [
        "5 ms of waiting, end to end: Quick 0.1x, Slow 0.5x",
        "submit to start, idle: Quick 0.5x",
    ]


def test_the_page_has_every_case_every_promise_and_what_is_lost():
    page = render({OURS: {"noop": alone(1)}, "Huey": {"noop": alone(2)}})

    assert [case.what for case in CASES if case.what not in page] == []
    assert [peer.name for peer in PEERS if f"| {peer.name} | {peer.promise.killed} |" not in page] == []
    assert "- no-op, end to end: Huey 0.5x" in page


def test_a_measurement_takes_about_a_second_whatever_the_queue():
    assert count_for(5_040) == 5_000
    assert (count_for(20), count_for(1_000_000)) == (LEAST, MOST)


def test_what_is_measured_was_warmed_up_and_is_repeated():
    asked = []

    def measure(count: int) -> float:
        asked.append(count)
        return count / 1_000

    assert paced(measure, 5) == [1_000.0] * 5
    assert asked == [200, 200, *[1_000] * 5]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_each_peer_says_what_it_promises_and_from_where_its_set_up_is(peer):
    assert peer.promise.killed
    assert peer.promise.twice
    assert peer.promise.exclusive
    assert re.fullmatch(r"https://[\w.-]+/\S*", peer.source)
    assert (environments.PROGRAMS / (peer.program if peer.program.endswith(".mjs") else f"{peer.program}.py")).exists()
    assert "{processes}" in peer.busy or peer.each


@pytest.mark.parametrize("lock", sorted({peer.lock for peer in PEERS}))
def test_each_environment_is_locked_with_hashes_and_without_the_address_of_a_registry(lock):
    if (folder := environments.LOCKS / lock).is_dir():
        packages = json.loads((folder / "package-lock.json").read_text())["packages"]
        del packages[""]
        assert [name for name, package in packages.items() if "integrity" not in package] == []
        assert [name for name, package in packages.items() if "resolved" in package] == []
        return
    text = (environments.LOCKS / f"{lock}.txt").read_text()
    pinned = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==\S+", text, re.MULTILINE)
    assert len(pinned) >= 1
    assert ADDRESS.search(text) is None
    assert text.count("--hash=sha256:") >= len(pinned)


def test_a_peer_in_javascript_is_left_out_by_name_where_node_is_missing(monkeypatch):
    monkeypatch.setattr(environments.shutil, "which", lambda name: None)

    with pytest.raises(environments.LeftOut, match="node and npm is not on the PATH"):
        environments.environment("bullmq")


def test_a_peer_whose_packages_cannot_be_fetched_is_left_out_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(environments, "MADE", tmp_path)
    broken = tmp_path / "uv"
    broken.write_text("#!/bin/sh\necho 'no route to host' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(environments, "_uv", lambda: str(broken))

    with pytest.raises(environments.LeftOut, match=r"could not be installed \(no route to host\)"):
        environments.environment("huey")


def test_a_run_on_a_busy_machine_ends_and_says_whom_it_has_left_out(monkeypatch, capsys):
    class Http:
        def post(self, path):
            return self

        def raise_for_status(self):
            pass

    class Home:
        http = Http()

    def refused(home, peer, times):
        raise RuntimeError("no answer")

    monkeypatch.setattr(run.ours, "measure", lambda home, times: {"noop": alone(1)})
    monkeypatch.setattr(run.delay_route, "measure", lambda home, times: {"single": alone(1)})
    monkeypatch.setattr(run, "fall_asleep", lambda home: None)
    monkeypatch.setattr(run, "measure", refused)

    late = run.measure_all(Home(), PEERS[:2], at_most_s=-1)
    broken = run.measure_all(Home(), PEERS[:1])

    assert late["Celery"] == {"single": "left out: the time for all peers is over"}
    assert broken["Celery"] == {"single": "did not answer"}
    assert broken[OURS] == {"noop": alone(1)}
    assert "Celery did not do what it was asked: no answer" in capsys.readouterr().err
