"""How do PostgreSQL and Redis run once for a whole test run, and how does each test get a database of its own?

Processes of one run (pytest-xdist) share the servers: the first starts them, the last one ends them. A database is a
copy of a template that was migrated once. Where there is room for it, PostgreSQL's files are in memory: a copy takes
0.02 s there (0.03 s by way of the WAL, which is what PostgreSQL does unless told), and up to 0.5 s on a disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
from cryptography.fernet import Fernet
from redis import Redis

from cli.local import server_files
from cli.local.servers import postgres, redis
from cli.local.wait import wait_for
from shared.db.migrate import migrate
from shared.settings import Settings

TEMPLATE = "callsheet_template"
MEMORY = Path("/dev/shm")  # Linux only
ROOM, SPARE = 1 << 30, 4 << 30  # a whole run has some 200 MB there at a time
# Who may also listen to what everybody asks of Redis, which the one user of an installation may not.
WATCHER = "user watcher on nopass ~* &* +@all\n"
OLD_S = 3600  # what is younger may be about to start


@dataclass(frozen=True)
class Servers:
    """The servers of this run. `number` is this process's own in Redis, which knows 16 databases."""

    database_url: str
    redis_url: str
    keys: str
    number: int

    def settings(self, home: Path, name: str, **more: Any) -> Settings:
        """Settings for a fresh database of this name."""
        self.run(
            f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE} STRATEGY FILE_COPY',
            # As `migrate` leaves it: rights on a database are not copied with it.
            f'REVOKE TEMPORARY, CREATE ON DATABASE "{name}" FROM PUBLIC',
        )
        redis_url = f"{self.redis_url.rpartition('/')[0]}/{self.number}"
        with Redis.from_url(redis_url) as client:
            client.flushdb()
        url = self.address_of(name)
        return Settings(home=home, database_url=url, redis_url=redis_url, keys=self.keys, **more)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def run(self, *statements: str) -> None:
        """Run statements as the owner, outside every test's database."""
        with psycopg.connect(self.address_of("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def address_of(self, name: str) -> str:
        """The owner's address of one database."""
        return urlunsplit(urlsplit(self.database_url)._replace(path=f"/{name}"))


@contextmanager
def shared_servers(folder: Path, worker: str) -> Iterator[Servers]:
    """The servers of the run that owns this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder) as state:
        if not state.get("users"):
            state.update(_start(folder))
        state["users"] = [*state.get("users", []), os.getpid()]
    digits = "".join(letter for letter in worker if letter.isdigit())
    try:
        yield Servers(state["database_url"], state["redis_url"], state["keys"], int(digits or 0) % 16)
    finally:
        with _alone(folder) as state:
            # Those that died never come here.
            state["users"] = [pid for pid in state["users"] if pid != os.getpid() and not _is_gone(pid)]
            if not state["users"]:
                _stop(folder, state)


@contextmanager
def _alone(folder: Path) -> Iterator[dict[str, Any]]:
    """What the run's processes know together, one at a time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / "state.json"
        state = json.loads(path.read_text()) if path.exists() else {}
        yield state
        path.write_text(json.dumps(state))


def watcher_of(redis_url: str) -> str:
    """The address of this run's Redis for the one who may listen to it."""
    scheme, _, rest = redis_url.partition("://")
    return f"{scheme}://watcher@{rest.rpartition('@')[2]}"


def _start(folder: Path) -> dict[str, Any]:
    home = _in_memory(folder) or folder
    database = postgres.start(home, durable=False)
    wire = redis.start(folder, more=WATCHER)
    keys = f"test:{Fernet.generate_key().decode()}"
    servers = Servers(database.url, wire.url, keys, 0)
    servers.run(f"DROP DATABASE IF EXISTS {TEMPLATE}")
    servers.run(f"CREATE DATABASE {TEMPLATE}")
    migrate(Settings(home=folder, database_url=servers.address_of(TEMPLATE), keys=keys))
    return {
        "database_url": database.url,
        "redis_url": wire.url,
        "keys": keys,
        "home": str(home),
        "postgres": database.process.pid,
        "redis": wire.process.pid,
    }


def _stop(folder: Path, state: dict[str, Any]) -> None:
    # SIGQUIT is PostgreSQL's immediate shutdown: the data is thrown away.
    for pid, how in ((state["postgres"], signal.SIGQUIT), (state["redis"], signal.SIGKILL)):
        with suppress(ProcessLookupError):
            os.kill(pid, how)
            wait_for(partial(_is_gone, pid), seconds=30)
    server_files.forget(Path(state["home"]), "postgres")
    if Path(state["home"]) != folder:
        shutil.rmtree(state["home"])


def _in_memory(folder: Path) -> Path | None:
    """A home in memory for this run's PostgreSQL; None without room. What runs that were killed have left there goes."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM or psutil.virtual_memory().available < SPARE:
        return None
    for left in MEMORY.glob(f"callsheet-tests-{os.geteuid()}-*"):
        pid = left / "postgres" / "postmaster.pid"
        serves = pid.exists() and not _is_gone(int(pid.read_text().split()[0]))
        if not serves and time.time() - left.stat().st_mtime > OLD_S:
            shutil.rmtree(left, ignore_errors=True)
    return MEMORY / f"callsheet-tests-{os.geteuid()}-{server_files.tag_of(folder)}"


def _is_gone(pid: int) -> bool:
    """Ended, if only its parent, which may be another process of this run, has not taken notice yet."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True
