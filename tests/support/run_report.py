"""What came of a whole run of the tests? A pytest plugin that writes it down as JSON, where `--run-report FILE` asks for it.

`scripts/run_failed_again.py` reads it. The process that hands out the tests writes it, and none of those that run them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.crashes import Crash, Crashes


@dataclass
class RunReport:
    """What one run came to. `errors` has the first error of each test that failed, by the test's id; `crashes` who died.

    `whole` says that every collected test told its end, if only to the process that took a dead one's place.
    """

    exit_code: int = 0
    collected: int = 0
    whole: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    crashes: list[Crash] = field(default_factory=list)


class Recorder:
    """Listens to one run."""

    def __init__(self, path: Path, crashes: Crashes | None) -> None:
        self._path = path
        self._crashes = crashes
        self._report = RunReport()
        self._collected: set[str] = set()
        self._ended: set[str] = set()
        self._broken = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which tests there are, where this process runs them itself."""
        self._collected.update(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: list[str]) -> None:
        """Note which tests there are, where other processes run them."""
        del node
        self._collected.update(ids)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note that a file could not be read."""
        self._broken = self._broken or report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test ended, and what it failed with first."""
        if report.when == "teardown":
            self._ended.add(report.nodeid)
        # What xdist says of a test whose process died has no place in it; the test is run again.
        if report.failed and report.when in {"setup", "call", "teardown"}:
            self._report.errors.setdefault(report.nodeid, _first_line(report))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write it all down."""
        self._report.exit_code = int(exitstatus)
        self._report.collected = len(self._collected)
        self._report.crashes = self._crashes.all if self._crashes else []
        self._report.whole = not self._broken and self._ended == self._collected
        self._path.write_text(json.dumps(asdict(self._report), indent=1))


def read_report(path: Path) -> RunReport | None:
    """Return what a run wrote down, None where it did not live to do so."""
    try:
        document: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return RunReport(**document | {"crashes": [Crash(**crash) for crash in document["crashes"]]})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where to write it."""
    parser.addoption("--run-report", type=Path, help="write what came of the run to this file, as JSON")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Listen, where somebody asks for it."""
    path = config.getoption("--run-report")
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(path, config.pluginmanager.get_plugin("crashes")), "run-recorder")


def _first_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (str(crash.message) if crash else report.longreprtext).strip().splitlines()
    return lines[0][:300] if lines else "no reason was given"
