"""Is a test that failed by chance run again, and nothing else taken for chance?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.crashes import stacks_of
from tests.support.run_report import RunReport, read_report

ROOT = Path(__file__).resolve().parents[3]

PASSES_THE_SECOND_TIME = """
import pathlib

def test_sound():
    pass

def test_by_chance():
    mark = pathlib.Path("been_here")
    first = not mark.exists()
    mark.touch()
    assert not first, "the coin fell on its edge"
"""
ALWAYS_FAILS = "def test_broken():\n    assert 1 == 2\n"
DIES_EACH_TIME = "import os\n\ndef test_dies():\n    os._exit(9)\n\ndef test_after_it():\n    pass\n"
DIES_ONCE = """
import os, pathlib, signal

def test_before_it():
    pass

def test_dies():
    mark = pathlib.Path("been_here")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGSEGV)

def test_after_it():
    pass
"""
FOUR_FAIL = "".join(f"def test_{n}():\n    assert not {n}\n\n" for n in range(1, 5))
PASSES = "def test_passes():\n    pass\n"
MANY = "".join(f"def test_{n}():\n    pass\n\n" for n in range(9))
# The parts of the Makefile's call that hold for any run.
AS_MAKE_DOES = (
    "-p tests.support.crashes -p tests.support.run_report --dist loadscope --no-loadscope-reorder --max-worker-restart 2"
)
NO_FILE = "import there_is_no_such_module\n"


class Project:
    """A folder with tests of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report = folder / "report.json"
        self.ran: subprocess.CompletedProcess[str] | None = None

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Away from this run's own settings and workers.
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        env |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=env, capture_output=True, text=True, check=False, timeout=90
        )

    def run(self, tests: str, *, processes: int, others: dict[str, str] | None = None) -> RunReport:
        self.report.touch()  # as CI does: a path that exists, and no argument by itself, is taken for the root of the tests
        (self.folder / "pytest.ini").write_text(f"[pytest]\naddopts = -p xdist {AS_MAKE_DOES}\n")
        (self.folder / "test_some.py").write_text(tests)
        for name, more in (others or {}).items():
            (self.folder / name).write_text(more)
        self.ran = self.python("-m", "pytest", "-n", str(processes), "--run-report=report.json")
        report = read_report(self.report)
        assert report is not None
        return report

    def again(self) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "scripts.run_failed_again", "report.json")


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize("processes", [0, 2])
def test_what_passes_the_second_time_is_named_with_its_first_error(project, processes):
    report = project.run(PASSES_THE_SECOND_TIME, processes=processes)
    assert (report.exit_code, report.whole, report.collected) == (1, True, 2)

    again = project.again()

    assert again.returncode == 0
    flaky = again.stdout.partition("FLAKY")[2]
    assert "test_some.py::test_by_chance: " in flaky
    assert "the coin fell on its edge" in flaky


def test_what_fails_again_fails(project):
    project.run(ALWAYS_FAILS, processes=2)

    again = project.again()

    assert again.returncode == 1
    assert "It failed again: test_some.py::test_broken" in again.stderr


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        (FOUR_FAIL, "4 tests failed"),
        (DIES_EACH_TIME, "3 processes died"),
        (NO_FILE, "not every test told its end"),
        ("", "pytest ended"),
    ],
)
def test_what_is_no_chance_is_not_run_again(project, tests, reason):
    project.run(tests, processes=2)

    again = project.again()

    assert again.returncode == 1
    assert reason in again.stderr


def test_a_run_that_was_ended_before_it_could_report_is_not_run_again(project):
    again = project.again()

    assert again.returncode == 1
    assert "wrote no report" in again.stderr


# Files before it are done when the process dies, files after it wait; the run has to come to its end however few there are.
AROUND_IT = [{}, {f"test_{letter}.py": MANY if letter in "ay" else PASSES for letter in "abcdefuvwxyz"}]


@pytest.mark.parametrize("others", AROUND_IT, ids=["alone", "many"])
def test_a_process_that_dies_takes_no_test_along(project, others):
    report = project.run(DIES_ONCE, processes=2, others=others)

    assert (report.exit_code, report.whole, report.errors) == (1, True, {})
    again = project.again()
    assert again.returncode == 0, again.stderr
    # The last that CI keeps says how it died and where it stood.
    for end in (project.ran.stdout[-2000:], again.stdout):
        assert "CRASHED: test_some.py::test_dies, signal 11 (SIGSEGV)" in end
        assert "MB at most" in end
        assert "Segmentation fault" in end
        assert "in test_dies" in end


def test_two_processes_may_die_and_what_fails_besides_is_run_again(project):
    second = DIES_ONCE.replace("been_here", "been_there")
    flaky = PASSES_THE_SECOND_TIME.replace("been_here", "been_in_a_third_place")

    report = project.run(DIES_ONCE, processes=2, others={"test_a.py": second, "test_b.py": flaky, "test_z.py": MANY})

    assert report.whole
    assert {crash.test for crash in report.crashes} == {"test_some.py::test_dies", "test_a.py::test_dies"}
    again = project.again()
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("CRASHED: ") == 2
    assert "test_b.py::test_by_chance: " in again.stdout.partition("FLAKY")[2]


def test_a_run_that_was_ended_tells_where_its_processes_stood(project):
    stacks = stacks_of(project.report)
    stacks.mkdir()
    (stacks / "gw1").write_text(
        "Fatal Python error: Aborted\n\nCurrent thread 0x1 (most recent call first):\n  in test_waits\n"
    )

    again = project.again()

    assert again.returncode == 1
    assert "gw1" in again.stderr
    assert "in test_waits" in again.stderr
