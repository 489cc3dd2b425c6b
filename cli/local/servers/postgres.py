"""How is the home's PostgreSQL started and checked without a supervisor?"""

from __future__ import annotations

import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from cli.local.server_files import forget
from cli.local.servers.cluster import DATABASE, prepare
from cli.local.wait import wait_for
from shared.errors import Transient
from shared.settings import program_environment


def make_database(admin_url: str, *, seconds: float = 30) -> None:
    """Wait until the home's server answers, and create the product's database where it is missing.

    Raises:
        Transient: it did not answer in time.
    """
    if not wait_for(lambda: answers(admin_url), seconds=seconds):
        raise Transient(message=f"PostgreSQL did not answer within {seconds:g} s; its log is logs/postgres.log in the home.")
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def answers(url: str) -> bool:
    """Return whether the server accepts connections now."""
    with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=2):
        return True
    return False


@dataclass(frozen=True, slots=True)
class Running:
    """A server that was started without the supervisor; for tests and benchmarks."""

    home: Path
    url: str
    process: subprocess.Popen[bytes]

    def stop(self, *, forget_data: bool = False) -> None:
        """Shut the server down, its sessions with it. `forget_data` also removes what lies outside the home."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if forget_data:
            forget(self.home, "postgres")


def start(home: Path, *, durable: bool = True) -> Running:
    """Serve the home's database without a supervisor, and wait until it answers.

    Raises:
        NotConfigured: as `prepare`.
        Transient: the server did not answer within 30 s.
    """
    home.mkdir(parents=True, exist_ok=True)
    cluster = prepare(home)
    part = cluster.part(durable=durable)
    with (home / "postgres.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own words, no shell
            part.command_for(home),
            cwd="/",
            env=program_environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
            **cluster.place.run_as,
        )
    running = Running(home, cluster.url, process)
    try:
        make_database(cluster.admin_url)
    except BaseException:
        running.stop()
        raise
    return running
