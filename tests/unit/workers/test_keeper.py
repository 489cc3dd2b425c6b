"""Does the keeper end exactly what it must: this process, and no other that has its number now?"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from shared.own_processes import forget_dead_processes, is_own_process, note_own_process
from shared.process_identity import identity_of, is_dead
from tests.support.stack import wait_for
from workers import keeper


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The keeper's home."""
    return tmp_path


@pytest.fixture
def victim(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is noted there as one of ours."""
    process = subprocess.Popen(["/bin/sh", "-c", "sleep 600 & wait"])
    note_own_process(home, process.pid, identity_of(process.pid))
    yield process
    process.kill()
    process.wait()


def attempt(process: subprocess.Popen[bytes], *, identity: str | None = "", started: float | None = None) -> SimpleNamespace:
    """A lost attempt of this process, as it is recorded; `started` as an older version did."""
    return SimpleNamespace(
        id=1, pid=process.pid, process_identity=identity_of(process.pid) if identity == "" else identity,
        pid_started_at=started, browser_pid=None, browser_identity=None, browser_started_at=None,
    )  # fmt: skip


def as_before(process: subprocess.Popen[bytes], *, shift: float = 0) -> SimpleNamespace:
    """A lost attempt that a version before the identities has recorded."""
    return attempt(process, identity=None, started=psutil.Process(process.pid).create_time() + shift)


def step_the_clock(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """As NTP does, or a machine that resumes: the boot time, from which start times are calculated, moves with the clock."""
    real = psutil.boot_time()
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: real + seconds)


def test_a_process_is_ended_with_its_children(home, victim):
    children = wait_for("its child runs", psutil.Process(victim.pid).children)

    assert keeper._end(home, attempt(victim))

    assert victim.wait(5) == -signal.SIGKILL
    wait_for("the children are dead", lambda: all(is_dead(child) for child in children))


def test_a_frozen_process_is_ended_too(home, victim):
    os.kill(victim.pid, signal.SIGSTOP)

    assert keeper._end(home, attempt(victim))

    assert victim.wait(5) == -signal.SIGKILL


def test_another_process_with_the_same_number_is_left_alone(home, victim):
    boot, _, start = str(identity_of(victim.pid)).partition("/")

    assert keeper._end(home, attempt(victim, identity=f"{boot}/{int(start) + 1}"))

    assert victim.poll() is None


def test_after_a_step_of_the_clock_a_living_process_is_still_ended(home, victim, monkeypatch):
    lost = attempt(victim, started=psutil.Process(victim.pid).create_time())
    os.kill(victim.pid, signal.SIGSTOP)
    step_the_clock(monkeypatch, 60)

    assert keeper._end(home, lost)

    assert victim.wait(5) == -signal.SIGKILL


def test_whatever_ran_before_the_machine_was_started_anew_is_dead_and_who_has_its_number_is_left_alone(home, victim):
    _, _, start = str(identity_of(victim.pid)).partition("/")

    assert keeper._end(home, attempt(victim, identity=f"an-older-boot/{start}"))

    assert victim.poll() is None


def test_a_process_that_nothing_identifies_is_neither_called_dead_nor_ended(home, victim):
    assert not keeper._end(home, attempt(victim, identity=None))

    assert victim.poll() is None


def test_a_process_of_a_machine_that_tells_no_boot_is_neither_called_dead_nor_ended(home, victim, monkeypatch, tmp_path):
    lost = attempt(victim)
    monkeypatch.setattr("shared.process_identity.BOOT_ID", tmp_path / "none")

    assert not keeper._end(home, lost)

    assert victim.poll() is None


def test_a_worker_is_not_dead_while_its_browser_is_not_known_to_be(home, victim):
    lost = attempt(victim)
    lost.browser_pid = os.getpid()

    assert not keeper._end(home, lost)

    assert victim.poll() is None


def test_what_an_older_version_recorded_is_ended(home, victim):
    assert keeper._end(home, as_before(victim))

    assert victim.wait(5) == -signal.SIGKILL


def test_what_an_older_version_recorded_is_not_called_dead_after_a_step_of_the_clock(home, victim, monkeypatch):
    lost = as_before(victim)
    step_the_clock(monkeypatch, 60)

    assert not keeper._end(home, lost)

    assert victim.poll() is None


def test_another_process_with_the_number_that_an_older_version_recorded_is_left_alone(home, victim):
    # A step of the clock moves start times by whole seconds; another fraction is another process.
    assert keeper._end(home, as_before(victim, shift=-60.37))

    assert victim.poll() is None


def test_a_process_that_is_gone_is_dead(home, victim):
    gone = attempt(victim)
    victim.kill()
    victim.wait()

    assert keeper._end(home, gone)


def test_a_process_that_this_home_does_not_know_is_neither_ended_nor_called_dead(home):
    with subprocess.Popen(["sleep", "600"]) as stranger:
        browser = attempt(stranger, identity="an-older-boot/1")
        browser.browser_pid, browser.browser_identity = stranger.pid, identity_of(stranger.pid)

        assert not keeper._end(home, attempt(stranger))
        assert not keeper._end(home, as_before(stranger))
        assert not keeper._end(home, browser)

        assert stranger.poll() is None
        lost = attempt(stranger)
        stranger.kill()
        stranger.wait()
    assert keeper._end(home, lost)


def test_the_note_of_an_earlier_process_makes_nobody_ours_who_has_its_number(home):
    with subprocess.Popen(["sleep", "600"]) as stranger:
        note_own_process(home, stranger.pid, f"{identity_of(stranger.pid)}1")

        assert not keeper._end(home, attempt(stranger))

        assert stranger.poll() is None
        stranger.kill()


def test_notes_of_processes_that_are_gone_are_forgotten(home, victim):
    note_own_process(home, os.getpid(), identity_of(os.getpid()))
    assert is_own_process(home, os.getpid())
    victim.kill()
    victim.wait()

    assert forget_dead_processes(home) == 1

    assert [path.name for path in (home / "processes").iterdir()] == [str(os.getpid())]
    assert (home / "processes").stat().st_mode & 0o077 == 0
