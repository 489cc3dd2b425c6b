"""How does a test run the real thing? Real processes, each started, stopped, killed and frozen by name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

from connectors.pools import find_pool
from shared.settings import ProcessKind, Settings
from tests.support.forked import Forked, can_fork, fork_server
from tests.support.plain import untraced
from workers.pools import command

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
PLATFORMS = ("instagram", "tiktok")

# Short, so that what must time out does so within a test.
QUICK = {
    "lease_s": 2.0,
    "leader_lease_s": 3.0,
    "tick_ms": 100,
    "reconcile_s": 0.25,
    "keeper_s": 0.2,
    "worker_seen_s": 4.0,
    "unclaimed_s": 1.5,
    "sweep_s": 5.0,
    "film_poll_s": 0.5,
}


def wait_for(what: str, condition: Callable[[], T], *, seconds: float = 30, every: float = 0.05) -> T:
    """Ask again and again until the condition holds, and answer what it came to."""
    ends = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > ends:
            message = f"After {seconds} s still not: {what}"
            raise AssertionError(message)
        time.sleep(every)


@dataclass
class Stack:
    """Processes of Callsheet over one database, one Redis and one sandbox.

    They are forked from a process that has imported everything, as `callsheet up` does it. Each is a program of its own with
    `programs`: as Compose starts them, for a test of what such a program shows, or that imports something before ours.
    """

    settings: Settings
    folder: Path
    celery_app: str = "workers.tasks"
    beat_app: str = "workers.app"
    processes: dict[str, subprocess.Popen[bytes] | Forked] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    traced: bool = True
    programs: bool = False

    def start(
        self, name: str, *command: str, kind: ProcessKind = "foundation", **more: str
    ) -> subprocess.Popen[bytes] | Forked:
        """Start `python COMMAND`, told what a process of its kind is; what it prints goes to a file of its name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        words, log = [sys.executable, *command], self.folder / f"{name}.log"
        environment = self._environment(kind) | self.environment | more
        if not self.programs and can_fork(command, environment):
            self.processes[name] = fork_server().start(words, environment, log, name)
        else:
            with log.open("ab") as printed:
                self.processes[name] = subprocess.Popen(
                    words, cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
                )
        return self.processes[name]

    def _environment(self, kind: ProcessKind) -> dict[str, str]:
        base = dict(os.environ) if self.traced else untraced()
        told = self.settings.environment_for(kind)
        return base | {name: value for name, value in told.items() if name.startswith("CALLSHEET_")}

    def start_all(self, pools: tuple[str, ...] = PLATFORMS) -> None:
        """Practice sites, keeper, dispatcher and pools, until every pool is there."""
        self.start_sandbox()
        self.start_keeper()
        self.start_beat()
        for pool in pools:
            self.start_pool(pool)
        wait_for("every pool is there", lambda: len(self.query("SELECT id FROM workers")) == len(pools), seconds=60)

    def start_beat(self, name: str = "beat") -> None:
        """A dispatcher."""
        words = ("--app", self.beat_app, "--quiet", "beat", "-S", "workers.dispatcher:Dispatcher")
        self.start(name, "-m", "celery", *words, kind="dispatcher")

    def start_pool(self, pool: str) -> None:
        """A pool's worker."""
        words = command(find_pool(self.settings, pool), self.settings)[1:]
        words = [self.celery_app if word == "workers.tasks" else word for word in words]
        self.start(pool, *words, kind="pool", CALLSHEET_POOL=pool)

    def start_keeper(self) -> None:
        """The keeper of this machine."""
        self.start("keeper", "-m", "workers.keeper", kind="keeper")

    def start_sandbox(self) -> None:
        """The practice sites, ready to answer."""
        data = str(self.folder / "sandbox")
        self.start("sandbox", "-m", "sandbox", "--port", str(self.settings.sandbox_port), "--data", data, kind="sandbox")
        wait_for("the sandbox answers", self._sandbox_answers)

    def _sandbox_answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.sandbox_url}/_healthz", timeout=2, verify=False).is_success
        return False

    @property
    def sandbox_url(self) -> str:
        """Where the practice sites are."""
        return f"http://127.0.0.1:{self.settings.sandbox_port}"

    def child_of(self, pool: str) -> int | None:
        """The process of a pool that does the work."""
        with suppress(psutil.NoSuchProcess):
            worker = psutil.Process(self.processes[pool].pid)
            # Forked from it, and no program: called as it is.
            return next((child.pid for child in worker.children() if child.cmdline() == worker.cmdline()), None)
        return None

    def kill_child(self, pool: str) -> bool:
        """SIGKILL the process of a pool that does the work."""
        child = self.child_of(pool)
        if child is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
            return True
        return False

    def stop(self, name: str, *, seconds: float = 15) -> None:
        """End a process in good order, else by force, with all that it started."""
        process = self.processes.pop(name)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop_all(self) -> None:
        """End everything; the practice sites last."""
        names = [name for name in self.processes if name != "sandbox"]
        for name in names:
            self.processes[name].terminate()
        for name in [*names, *(n for n in self.processes if n == "sandbox")]:
            self.stop(name)

    def kill_all(self) -> None:
        """End everything at once; for what holds no browser. A pool in good order lets its present work end."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()

    def query(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Ask the database as its owner."""
        address = self.settings.database_url_for("owner").replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def truth(self, *, epoch: str | None = None) -> list[dict[str, Any]]:
        """What really arrived."""
        parameters = {"epoch": epoch} if epoch else {}
        answer: list[dict[str, Any]] = httpx.get(
            f"{self.sandbox_url}/_truth/effects", params=parameters, verify=False
        ).json()
        return answer

    def posts(self, platform: str) -> list[dict[str, Any]]:
        """What can be commented on."""
        answer: list[dict[str, Any]] = httpx.get(
            f"{self.sandbox_url}/_truth/posts", params={"platform": platform}, verify=False
        ).json()
        return answer

    def fault(self, platform: str, fault: str, **how: Any) -> None:
        """Arm a fault of a practice site."""
        answer = httpx.post(f"{self.sandbox_url}/_control/faults", json={"platform": platform, "fault": fault, **how})
        answer.raise_for_status()

    def log_of(self, name: str) -> str:
        """What a process has printed."""
        return (self.folder / f"{name}.log").read_text(errors="replace")
