"""What if a process that runs tests dies? Another one runs what it left over, and the output's end says how it died.

A pytest plugin for runs with pytest-xdist, `--dist loadscope` and `--max-worker-restart`. The test that was running is run
again like the others that had not ended; `scripts/run_failed_again.py` counts a process that died as a failed test.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

# pytest keeps here where it lets faulthandler write, both for what kills a process and for a test that takes too long.
from _pytest.faulthandler import fault_handler_stderr_fd_key
from xdist.scheduler import LoadScopeScheduling

DEAD_WITHIN_S = 5  # its pipe is closed before its exit status can be had
UNNAMED = "between two tests"
LINES = 20
# Whose frames tell nothing about a test.
RUNNERS = ("/_pytest/", "/pluggy/", "/xdist/", "/execnet/")


@dataclass
class Crash:
    """How a process of the run died. `test` is what it was running, `stack` what faulthandler wrote."""

    process: str
    how: str
    stack: str = ""
    test: str = UNNAMED

    def __str__(self) -> str:
        return f"CRASHED: {self.test}, {self.how} ({self.process})\n{self.stack}".rstrip()


class WholeScopes(LoadScopeScheduling):
    """Hands files out as xdist does, and comes to an end when a process has been replaced.

    xdist 3.8 has the new process wait for ever, in two ways (its issues 1323 and 1327): files that the dead one had
    finished are handed out again with no test left in them, and a process that is given one test waits for a second.
    """

    def remove_node(self, node: Any) -> str | None:
        """Take a process out; of its files only those that are not finished are handed out again."""
        work = self.assigned_work[node]
        for scope in [scope for scope, tests in work.items() if all(tests.values())]:
            del work[scope]
        crashed: str | None = super().remove_node(node)
        return crashed

    def _reschedule(self, node: Any) -> None:
        """Hand out files until there are tests enough not to wait; one whose collection is not known yet is asked later."""
        if node not in self.registered_collections:
            return
        waiting = -1
        while not node.shutting_down and len(self.workqueue) != waiting:
            waiting = len(self.workqueue)
            super()._reschedule(node)


class Crashes:
    """Listens, in the process that hands out the tests, for those that die."""

    def __init__(self, stacks: Path) -> None:
        self._stacks = stacks
        self._crashes: dict[str, Crash] = {}

    @property
    def all(self) -> list[Crash]:
        """Those that died, the first first."""
        return list(self._crashes.values())

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give each process a file of its own for faulthandler."""
        self._stacks.mkdir(exist_ok=True)
        node.workerinput["stacks"] = str(self._stacks / node.gateway.id)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Ask the operating system how it died, while it can still be asked."""
        if error is not None:
            name = node.gateway.id
            written = self._stacks / name
            stack = shortened(written.read_text(errors="replace")) if written.exists() else ""
            self._crashes[name] = Crash(name, how_it_ended(node.gateway._io.popen, str(error)), stack)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any) -> None:
        """Note what it was running."""
        self._crashes[report.node.gateway.id].test = crashitem

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say it where CI keeps it: at the end of the output."""
        for crash in self.all:
            terminalreporter.write_line(str(crash))


def how_it_ended(process: Any, otherwise: str) -> str:
    """Return the signal or exit status of a child, its memory and the machine's; `otherwise` where it has not ended."""
    until = time.monotonic() + DEAD_WITHIN_S
    while process.returncode is None and time.monotonic() < until:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = code = os.waitstatus_to_exitcode(status)
            how = f"signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exit status {code}"
            free = psutil.virtual_memory().available >> 20
            return f"{how}, {used.ru_maxrss >> 10} MB at most, {free} MB of the machine's free afterwards"
        time.sleep(0.01)
    return otherwise


def shortened(written: str) -> str:
    """Return what faulthandler wrote about the thread that counts: why, and the top of its stack."""
    why, *threads = [part for part in written.strip().split("\n\n") if not part.startswith("Extension modules")] or [""]
    # The main thread stands last, and is the one that a time-out or somebody's signal is about.
    current = next((thread for thread in threads if thread.startswith("Current thread")), threads[-1] if threads else "")
    lines = [line for line in f"{why}\n{current}".splitlines() if not any(runner in line for runner in RUNNERS)]
    return "\n".join(lines[:LINES])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WholeScopes | None:
    """Hand out files; other ways of handing out are xdist's."""
    return WholeScopes(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Listen, in the process that hands out the tests; in the others, let faulthandler write to a file."""
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None and "stacks" in workerinput:
        with Path(workerinput["stacks"]).open("w") as file:
            os.dup2(file.fileno(), config.stash[fault_handler_stderr_fd_key])
    elif workerinput is None and config.getoption("dist", "no") != "no":
        report = config.getoption("--run-report", None)
        stacks = stacks_of(report) if report else config._tmp_path_factory.getbasetemp() / "stacks"
        config.pluginmanager.register(Crashes(stacks), "crashes")


def stacks_of(report: Path) -> Path:
    """Return the folder in which the processes of a run with this report have their files."""
    return report.with_name(f"{report.name}.stacks")


def left_behind(report: Path) -> Iterator[tuple[str, str]]:
    """Yield each process's name and where it stood, of a run that was ended."""
    for file in sorted(stacks_of(report).glob("*")):
        if written := file.read_text(errors="replace").strip():
            yield file.name, shortened(written)
