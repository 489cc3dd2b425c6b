"""Is a process told from every other one by what no clock moves?"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from shared.process_identity import ProcessState, identity_of, parse_kinfo, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing, with a name that is hard to read."""
    program = tmp_path / "a) R 1 (b"
    program.write_text("#!/bin/sh\nread line\n")
    program.chmod(0o755)
    with subprocess.Popen([program], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_living_process_is_itself_whatever_the_clock_says(process, monkeypatch):
    identity = identity_of(process.pid)
    assert identity is not None
    for step in (-86_400, 60, 86_400):
        real = psutil.boot_time()
        monkeypatch.setattr(psutil._psplatform, "boot_time", lambda moved=real + step: moved)
        assert identity_of(process.pid) == identity
        assert state_of(process.pid, identity) is ProcessState.OURS


def test_two_processes_are_told_apart_and_so_are_boots(process):
    boot, _, start = str(identity_of(process.pid)).partition("/")
    assert state_of(process.pid, identity_of(os.getpid())) is ProcessState.DEAD
    assert state_of(process.pid, f"another-boot/{start}") is ProcessState.DEAD
    assert boot


def test_a_pid_that_nobody_has_is_dead_and_so_is_a_zombie(process):
    identity = identity_of(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert state_of(process.pid, identity) is ProcessState.DEAD
    process.wait()
    assert state_of(process.pid, identity) is ProcessState.DEAD
    assert state_of(process.pid, None) is ProcessState.DEAD
    assert identity_of(process.pid) is None


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no /proc")
def test_a_living_process_that_proc_hides_from_us_is_not_called_dead(process, monkeypatch, tmp_path):
    identity = identity_of(process.pid)
    monkeypatch.setattr("shared.process_identity.PROC", tmp_path)
    assert state_of(process.pid, identity) is ProcessState.UNKNOWN
    assert identity_of(process.pid) is None


def test_what_macos_answers_about_a_process_is_its_start_or_nothing():
    answer = bytearray(648)
    answer[0:8] = (1_760_000_000).to_bytes(8, "little")
    answer[8:12] = (42).to_bytes(4, "little")
    answer[40:44] = (4711).to_bytes(4, "little")
    assert parse_kinfo(bytes(answer), 648, 4711) == "1760000000.000042"
    assert parse_kinfo(bytes(answer), 648, 4712) is None
    assert parse_kinfo(bytes(answer), 0, 4711) is None
    assert parse_kinfo(bytes(answer), 640, 4711) is None
