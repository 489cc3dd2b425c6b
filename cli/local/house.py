"""How is a whole local home started and stopped?

Order: what is left of an earlier run is ended, the servers start, the schema is migrated, the local owner
is made, and then everything else starts at once.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from cli.local.address import gateway_url
from cli.local.alone import alone
from cli.local.check import check_machine
from cli.local.secret import keep_password, read_json
from cli.local.servers import cluster, wire
from cli.local.supervision.founding import Founding, Tell
from cli.local.supervision.part import Part
from cli.local.supervision.parts import SANDBOX, parts_of
from cli.local.supervision.process import SUPERVISOR, end, forget_record, processes_of, record, supervisor_of
from cli.local.supervision.supervisor import Supervisor, launch, socket_folder
from shared.crypto import create_keyring
from shared.errors import Conflict
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    """A started home: the settings with all addresses in them, and the parts that are still getting ready."""

    settings: Settings
    parts: tuple[Part, ...]
    api_key: str


def open_house(settings: Settings, tell: Tell) -> House:
    """Start everything; on return the servers are ready and the rest is starting. On any error nothing stays behind.

    Raises:
        Conflict: it runs already.
        NotConfigured: something is missing; the message says what and how to fix it.
        Transient: a server did not start.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(settings.home):
        if running := supervisor_of(settings.home):
            raise Conflict(
                code="already_running",
                message=f"Callsheet runs already (supervisor pid {running.pid}, {gateway_url(settings)}). "
                "`callsheet down` stops it.",
            )
        _sweep(settings.home, tell)
        settings = settings.model_copy(update={"browser": str(check_machine(settings)), "merge_pools": True})
        try:
            return _start(settings, tell)
        except BaseException:
            close_house(settings.home)
            raise


def close_house(home: Path) -> list[str]:
    """Stop everything of this home, even if the supervisor is dead; return the names of what had to be ended directly."""
    asked = Supervisor(home)
    supervisor = supervisor_of(home)
    if supervisor and asked.answers():
        names = list(asked.states())
        # Workers end before the servers that they use; PostgreSQL comes last.
        for last in (("postgres", "redis", SANDBOX), ("postgres", "redis"), ()):
            asked.stop([name for name in names if name not in last])
        asked.shutdown()
        with suppress(psutil.TimeoutExpired):
            supervisor.wait(20)
    ended = end(processes_of(home))
    forget_record(home)
    shutil.rmtree(socket_folder(home), ignore_errors=True)
    return ended


def record_processes(home: Path) -> None:
    """Record the pids and identities of all parts, in case the supervisor is killed."""
    supervisor = supervisor_of(home)
    pids = {name: state.pid for name, state in Supervisor(home).states().items() if state.pid}
    record(home, pids | ({SUPERVISOR: supervisor.pid} if supervisor else {}))


def _start(settings: Settings, tell: Tell) -> House:
    home = settings.home
    # It takes a second of imports, in which the data folders are made.
    founding = Founding(settings)
    try:
        database = None if settings.database_url else cluster.prepare(home)
        redis = None if settings.redis_url else wire.prepare(home)
        if not settings.keys:
            create_keyring(home / "keys")
        keep_password(home / "flower-password")
        addresses = {"database_url": database.url, "admin_url": database.admin_url} if database else {}
        addresses |= {"redis_url": redis.url} if redis else {}
        settings = settings.model_copy(update={name: url for name, url in addresses.items() if name != "admin_url"})
        parts = parts_of(settings)
        servers = [server.part() for server in (database, redis) if server]
        process = launch(home, [*servers, *parts], settings)
        record(home, {SUPERVISOR: process.pid})
        supervisor = Supervisor(home)
        for part in servers:
            supervisor.start(part)
        # On one core, while the servers get ready and the schema is looked at on another.
        supervisor.load()
        founding.finish(addresses, tell)
    finally:
        founding.give_up()
    for part in parts:
        supervisor.start(part)
    record_processes(home)
    return House(settings, tuple(parts), read_json(home / "credentials.json")["api_key"])


def _sweep(home: Path, tell: Tell) -> None:
    """End what an earlier run left behind when its supervisor was killed."""
    # Their supervisor is gone and their sessions with it: reconcile finds their work unfinished either way.
    for name in end(processes_of(home), seconds=2):
        tell("left over", f"ended {name}")
    forget_record(home)
