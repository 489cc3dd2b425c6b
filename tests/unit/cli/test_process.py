"""Are the processes of a home told from all others, and ended?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cli.checks.processes import check_processes
from cli.local.secret import read_json, write_json
from cli.local.supervision.part import MARKER
from cli.local.supervision.process import SUPERVISOR, end, forget_record, processes_of, record, supervisor_of
from shared.settings import Settings
from tests.support.stack import wait_for

Spawn = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    started = []

    def start(*command: str, **environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, env={"PATH": os.environ["PATH"], **environment}, stdout=subprocess.PIPE)
        started.append(process)
        # It is ours before it is what it was told to become: a moment long it has neither arguments nor an environment.
        wait_for(
            "it has become the program", lambda: psutil.Process(process.pid).cmdline()[-1:] == [command[-1]], every=0.005
        )
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def pids_of(home: Path) -> set[int]:
    return {process.pid for process in processes_of(home)}


def test_a_marked_process_belongs_to_its_home_alone(tmp_path, spawn):
    ours = spawn("sleep", "60", **{MARKER: str(tmp_path)})
    spawn("sleep", "60", **{MARKER: str(tmp_path / "other")})
    assert pids_of(tmp_path) == {ours.pid}


def test_a_persons_own_process_in_the_home_is_none_of_ours(tmp_path, spawn):
    spawn("sleep", "60", CALLSHEET_HOME=str(tmp_path))
    spawn("tail", "-f", "/dev/null", str(tmp_path / "logs" / "gateway.log"))
    assert pids_of(tmp_path) == set()


def test_a_browser_on_a_profile_of_the_home_is_ours(tmp_path, spawn):
    browser = spawn("python3", "-c", "import time; time.sleep(60)", f"--user-data-dir={tmp_path}/profiles/demo")
    assert pids_of(tmp_path) == {browser.pid}


def test_a_recorded_process_is_found_without_a_marker(tmp_path, spawn):
    process = spawn("sleep", "60")
    record(tmp_path, {SUPERVISOR: process.pid})
    assert pids_of(tmp_path) == {process.pid}
    found = supervisor_of(tmp_path)
    assert found is not None
    assert found.pid == process.pid
    forget_record(tmp_path)
    assert pids_of(tmp_path) == set()


def test_a_pid_that_was_given_away_again_is_not_taken_for_ours(tmp_path, spawn):
    process = spawn("sleep", "60")
    record(tmp_path, {SUPERVISOR: process.pid})
    kept = read_json(tmp_path / "processes.json")
    kept[SUPERVISOR]["identity"] += "0"
    write_json(tmp_path / "processes.json", kept)
    assert supervisor_of(tmp_path) is None
    assert pids_of(tmp_path) == set()


def test_a_recorded_process_is_found_after_a_step_of_the_clock(tmp_path, spawn, monkeypatch):
    process = spawn("sleep", "60")
    record(tmp_path, {SUPERVISOR: process.pid})
    real = psutil.boot_time()
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: real + 60)
    assert pids_of(tmp_path) == {process.pid}


def test_a_process_that_an_older_version_recorded_is_found(tmp_path, spawn):
    process = spawn("sleep", "60")
    write_json(
        tmp_path / "processes.json", {SUPERVISOR: {"pid": process.pid, "started": psutil.Process(process.pid).create_time()}}
    )
    assert pids_of(tmp_path) == {process.pid}


def test_a_recorded_process_that_nothing_identifies_is_ours_only_with_our_marker(tmp_path, spawn):
    strange, ours = spawn("sleep", "60"), spawn("sleep", "60", **{MARKER: str(tmp_path)})
    write_json(
        tmp_path / "processes.json",
        {"gateway": {"pid": strange.pid, "identity": None}, SUPERVISOR: {"pid": ours.pid, "identity": None}},
    )
    assert pids_of(tmp_path) == {ours.pid}
    found = supervisor_of(tmp_path)
    assert found is not None
    assert found.pid == ours.pid


def test_we_ourselves_and_who_started_us_are_spared(tmp_path):
    record(tmp_path, {"gateway": os.getpid(), "beat": os.getppid()})
    assert pids_of(tmp_path) == set()


def test_a_process_that_ignores_sigterm_or_is_stopped_is_killed(tmp_path, spawn):
    stubborn = spawn("sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done", **{MARKER: str(tmp_path)})
    assert stubborn.stdout
    stubborn.stdout.readline()
    stopped = spawn("sleep", "60", **{MARKER: str(tmp_path)})
    stopped.send_signal(signal.SIGSTOP)
    names = end(processes_of(tmp_path), seconds=0.3)
    assert any(f"(pid {stubborn.pid})" in name for name in names)
    assert [stopped.wait(5), stubborn.wait(5)] == [-signal.SIGKILL, -signal.SIGKILL]


def test_the_doctor_names_what_a_killed_supervisor_has_left(tmp_path, spawn):
    settings = Settings(home=tmp_path)
    part = spawn("sleep", "60", **{MARKER: str(tmp_path)})
    assert check_processes(settings) == []  # somebody's own worker, which no supervisor has started
    supervisor = spawn("sleep", "60", **{MARKER: str(tmp_path)})
    record(tmp_path, {SUPERVISOR: supervisor.pid, "gateway": part.pid})
    assert [found.state for found in check_processes(settings)] == ["ok"]

    supervisor.kill()
    supervisor.wait(5)

    [found] = check_processes(settings)
    assert (found.name, found.state) == ("supervisor", "wrong")
    assert f"(pid {part.pid})" in found.what
    assert "`callsheet down` ends" in found.mend

    forget_record(tmp_path)
    assert check_processes(settings) == []


def test_the_launcher_is_killed_before_what_it_would_fork_again_and_its_parts_are_asked_to_end(tmp_path, spawn):
    (tmp_path / "launcher.py").write_text("import time\ntime.sleep(60)\n")
    ours = {MARKER: str(tmp_path)}
    launcher = spawn(sys.executable, "-m", "launcher", PYTHONPATH=str(tmp_path), **ours)
    part = spawn("sleep", "60", **ours)

    end(processes_of(tmp_path), seconds=5)

    assert [launcher.wait(5), part.wait(5)] == [-signal.SIGKILL, -signal.SIGTERM]
