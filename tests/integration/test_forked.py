"""Does a process that a test's stack has forked run, print and end as the program would?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from launcher.entry_points import ENTRY_POINTS
from launcher.forks import FORKS
from tests.support.forked import FORKABLE, Forked, can_fork, fork_server
from tests.support.plain import untraced
from tests.support.stack import wait_for

pytestmark = pytest.mark.skipif(not FORKS, reason="nothing is forked on this system")


@pytest.fixture
def started(tmp_path, free_port):
    """The practice sites, and the file with what they print."""
    words = [sys.executable, "-m", "sandbox", "--port", str(free_port()), "--data", str(tmp_path)]
    process = fork_server().start(words, untraced(), tmp_path / "printed", "sandbox")
    yield process, tmp_path / "printed"
    process.kill()
    process.wait()


def test_what_it_prints_goes_to_its_file_and_its_end_is_seen_with_its_signal(started: tuple[Forked, object]):
    process, printed = started
    wait_for("it says where it serves", lambda: printed.exists() and "sandbox: http://127.0.0.1:" in printed.read_text())
    assert os.getsid(process.pid) == process.pid
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.kill()
    assert process.wait(10) == process.returncode == -signal.SIGKILL
    process.terminate()  # nobody's any more


def test_one_that_cannot_do_its_work_ends_with_the_code_and_the_reason_of_the_program(tmp_path):
    printed = tmp_path / "printed"
    words = [sys.executable, "-m", "sandbox", "--port", "no number"]
    assert fork_server().start(words, untraced(), printed, "sandbox").wait(10) == 2
    assert "--port" in printed.read_text()


def test_it_has_the_environment_that_was_given_and_no_more(tmp_path):
    printed = tmp_path / "printed"
    words = [sys.executable, "-m", "workers.keeper"]
    told = {"PATH": os.environ["PATH"], "CALLSHEET_LEASE_S": "no number"}
    assert fork_server().start(words, told, printed, "keeper").wait(10) == 1
    assert "CALLSHEET_LEASE_S" in printed.read_text()


def test_what_is_forked_is_known_to_the_launcher():
    assert set(FORKABLE) - {"sandbox"} <= set(ENTRY_POINTS)


@pytest.mark.parametrize(
    ("words", "environment"),
    [(("-m", "tests.chaos.apps.keeper_app"), {}), (("-c", "pass"), {}), (("-m", "api"), {"COV_CORE_SOURCE": "api"})],
)
def test_other_programs_and_those_whose_reach_is_measured_are_started(words: tuple[str, ...], environment: dict[str, str]):
    assert not can_fork(words, environment)
    assert can_fork(("-m", "api"), {})
