"""How does pytest-celery drive local processes? Through objects with the shape of its containers."""

from __future__ import annotations

import os
import shutil
import signal as signals
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.support.stack import wait_for


class LocalProcess:
    """A process where pytest-celery expects a container: it is started, killed and started again by a function."""

    def __init__(self, name: str, start: Callable[[], int], ready: Callable[[], bool], config: dict[str, Any]) -> None:
        self.name = name
        self.id = name
        self.celeryconfig = config
        self.log_file: Callable[[], str] = str
        self._start = start
        self._ready = ready
        self._pid = start()

    @property
    def status(self) -> str:
        """`running` or `exited`, as Docker says it."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, 0)
            return "running"
        return "exited"

    def ready(self) -> bool:
        """Wait until the process answers."""
        wait_for(f"{self.name} is ready", self._ready)
        return True

    def kill(self, signal: str | int = "SIGKILL") -> None:
        """Send a signal and wait for the end."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signals.Signals[signal] if isinstance(signal, str) else signal)
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    def reload(self) -> None:
        """Nothing is cached here."""

    def restart(self, timeout: float = 30) -> None:
        """End the process if it runs, and start another one."""
        del timeout
        if self.status == "running":
            self.kill("SIGTERM")
        self._pid = self._start()
        self.ready()

    def logs(self) -> str:
        """What the process has printed."""
        return self.log_file()

    def teardown(self) -> None:
        """End the process."""
        if self.status == "running":
            self.kill("SIGKILL")


def docker_answers() -> bool:
    """Whether a Docker engine can be reached."""
    docker = shutil.which("docker")
    return (
        docker is not None and subprocess.run([docker, "info"], capture_output=True, check=False, timeout=20).returncode == 0
    )
