"""How is a whole Callsheet started for a measurement, and ended again?"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import psycopg

from cli.local.address import plain, with_servers
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CALLSHEET = [str(Path(sys.executable).with_name("callsheet"))]
PORTS = ("CALLSHEET_PORT", "CALLSHEET_FLOWER_PORT", "CALLSHEET_SANDBOX_PORT")


@dataclass
class Home:
    """A running Callsheet with a home of its own."""

    path: Path
    environment: dict[str, str]
    ready_s: float
    http: httpx.Client
    database: psycopg.Connection[tuple[object, ...]]
    redis_url: str
    database_url: str

    @property
    def settings(self) -> Settings:
        """Return the settings of the home's own processes, as far as they matter to a measurement."""
        return Settings(home=self.path, database_url=self.database_url, redis_url=self.redis_url)

    def dispatcher(self) -> psutil.Process:
        """Return the process that releases tasks."""
        by_name, by_words = {"callsheet", "beat"}, {"workers.dispatcher.Dispatcher"}
        return next(one for one in self.processes() if by_name <= (words := set(one.cmdline())) or by_words <= words)

    def processes(self) -> list[psutil.Process]:
        """Return all processes of this home: those that it started, and their children."""
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            try:
                if process.environ().get("CALLSHEET_PART_OF") == str(self.path):
                    found[process.pid] = process
                    found.update({child.pid: child for child in process.children(recursive=True)})
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return list(found.values())


@contextmanager
def running() -> Iterator[Home]:
    """Run `callsheet up` in a fresh home, on free ports; ended at the end."""
    with tempfile.TemporaryDirectory(prefix="callsheet-bench-") as folder:
        path = Path(folder) / "home"
        environment = os.environ | {"CALLSHEET_HOME": str(path)} | {name: str(free_port()) for name in PORTS}
        # The first start makes the database; what is measured is the start of a home that exists.
        _callsheet(environment, "up", "--detach")
        _callsheet(environment, "down")
        begun = time.monotonic()
        _callsheet(environment, "up", "--detach")
        ready_s = time.monotonic() - begun
        try:
            yield _opened(path, environment, ready_s)
        finally:
            _callsheet(environment, "down")


def _opened(path: Path, environment: dict[str, str], ready_s: float) -> Home:
    credentials = json.loads((path / "credentials.json").read_text())
    settings = with_servers(Settings(home=path))
    database_url = plain(settings.database_url)
    return Home(
        path,
        environment,
        ready_s,
        httpx.Client(base_url=credentials["url"], headers={"Authorization": f"Bearer {credentials['api_key']}"}, timeout=30),
        psycopg.connect(database_url, autocommit=True),
        settings.redis_url,
        database_url,
    )


def _callsheet(environment: dict[str, str], *words: str, check: bool = True) -> str:
    answer = subprocess.run([*CALLSHEET, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if check and answer.returncode:
        message = f"callsheet {' '.join(words)} ended with {answer.returncode}: {answer.stdout}{answer.stderr}"
        raise RuntimeError(message)
    return answer.stdout


def free_port() -> int:
    """Return a port of this machine that nobody uses now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
