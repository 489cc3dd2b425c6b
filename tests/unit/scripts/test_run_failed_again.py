"""Is a test that failed by chance run again, and nothing else taken for chance?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
DIES = "import os\n\ndef test_dies():\n    os._exit(9)\n\ndef test_after_it():\n    pass\n"
FOUR_FAIL = "".join(f"def test_{n}():\n    assert not {n}\n\n" for n in range(1, 5))
NOT_WHOLE = "not every test told its end"
NO_FILE = "import there_is_no_such_module\n"


class Project:
    """A folder with tests of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report = folder / "report.json"

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Away from this run's own settings and workers.
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        env |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=env, capture_output=True, text=True, check=False
        )

    def run(self, tests: str, *, processes: int) -> RunReport:
        self.report.touch()  # as CI does: a path that exists, and no argument by itself, is taken for the root of the tests
        (self.folder / "pytest.ini").write_text("[pytest]\naddopts = -p xdist --max-worker-restart 0\n")
        (self.folder / "test_some.py").write_text(tests)
        self.python("-m", "pytest", "-n", str(processes), "-p", "tests.support.run_report", "--run-report=report.json")
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
        (DIES, "not every test told its end"),
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
