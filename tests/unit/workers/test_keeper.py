"""Does the keeper end exactly what it must: this process, and no other that has its number now?"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from types import SimpleNamespace

import psutil
import pytest

from tests.support.stack import wait_for
from workers import keeper


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["/bin/sh", "-c", "sleep 600 & wait"])
    yield process
    process.kill()
    process.wait()


def attempt(process: subprocess.Popen[bytes], *, shift: float = 0) -> SimpleNamespace:
    started = psutil.Process(process.pid).create_time() + shift
    return SimpleNamespace(id=1, pid=process.pid, pid_started_at=started, browser_pid=None, browser_started_at=None)


def test_a_process_is_ended_with_its_children(victim):
    children = wait_for("its child runs", psutil.Process(victim.pid).children)

    assert keeper._end(attempt(victim))

    assert victim.wait(5) == -signal.SIGKILL
    wait_for("the children are dead", lambda: all(keeper._is_dead(child) for child in children))


def test_a_frozen_process_is_ended_too(victim):
    os.kill(victim.pid, signal.SIGSTOP)

    assert keeper._end(attempt(victim))

    assert victim.wait(5) == -signal.SIGKILL


def test_another_process_with_the_same_number_is_left_alone(victim):
    assert keeper._end(attempt(victim, shift=-60))

    assert victim.poll() is None


def test_a_process_that_is_gone_is_dead(victim):
    gone = attempt(victim)
    victim.kill()
    victim.wait()

    assert keeper._end(gone)
