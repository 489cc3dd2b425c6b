"""How does a stack start a process without waiting until it has imported everything? It has it forked; see `fork_server`."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from launcher.forks import FORKS
from tests.support.plain import untraced

ROOT = Path(__file__).resolve().parents[2]
LOOKS_S = 0.01
# The launcher's (a test compares them), and the practice sites.
FORKABLE = ("api", "celery", "workers.keeper", "sandbox")


class Forked:
    """A process that was forked: what a test asks of `subprocess.Popen`."""

    def __init__(self, server: ForkServer, pid: int) -> None:
        self._server, self.pid = server, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status, the signal below zero; None while it runs."""
        if self.returncode is None:
            self.returncode = self._server.ask(pid=self.pid)["code"]
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and answer as `poll`."""
        ends = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if ends is not None and time.monotonic() > ends:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(LOOKS_S)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The process that forks; one for each process that runs tests, started when it is first needed."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.support.fork_server"],
            cwd=ROOT,
            env=untraced(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def start(self, words: list[str], environment: dict[str, str], log: Path, title: str) -> Forked:
        """Start what `words` would start as a program; what it prints is added to a file."""
        return Forked(self, self.ask(words=words, environment=environment, log=str(log), title=title)["pid"])

    def ask(self, **asked: Any) -> dict[str, Any]:
        """Have one answer."""
        with self._one_at_a_time:
            self._process.stdin.write(f"{json.dumps(asked)}\n".encode())
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
            return answer

    def stop(self) -> None:
        """End it; what it has forked goes on."""
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@cache
def fork_server() -> ForkServer:
    """The one of this process."""
    server = ForkServer()
    atexit.register(server.stop)
    return server


def can_fork(words: tuple[str, ...], environment: dict[str, str]) -> bool:
    """Whether `python WORDS` may be forked here: it is known, and nobody measures what it reaches."""
    measured = any(name.startswith(("COV_", "COVERAGE_")) for name in environment)
    return FORKS and not measured and words[0] == "-m" and words[1] in FORKABLE
