"""What does chaos run on? Every real process, its own PostgreSQL and Redis, and a link of ours before each of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
from cryptography.fernet import Fernet
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cli.local.port import kept_or_free
from cli.local.servers import cluster, postgres, redis
from shared.db.migrate import migrate
from shared.identity.bootstrap import PERSONA, WORKSPACE, bootstrap_local
from shared.identity.store import workspaces
from shared.settings import ProcessKind, Role, Settings
from tests.chaos import clock
from tests.chaos.proxy import Links
from tests.support.stack import Stack, wait_for

if TYPE_CHECKING:
    from tests.chaos.person import Person

PLATFORMS = ("keyed", "searchable", "blind")
POOLS = (*PLATFORMS, "system")
BROWSED = "instagram"  # a share of the work goes through a real Chromium, on the practice site of this platform
DISPATCHERS = ("dispatcher-1", "dispatcher-2")
ACCOUNTS = ("ann", "ben", "cem", "dora", "eve", "finn", "gus", "hana")
LIMITED = "slow"  # one account of each platform has a budget and a pause
WATCHED_EVERY_S = 0.2
# Short, so that what must time out does so within the run.
QUICK = {
    "lease_s": 3.0,
    "leader_lease_s": 3.0,
    "tick_ms": 100,
    "reconcile_s": 0.5,
    "keeper_s": 0.3,
    "worker_seen_s": 4.0,
    "unclaimed_s": 1.5,
    "sweep_s": 5.0,
    "request_s": 5.0,
    "breaker_shortest_s": 2.0,
    "breaker_longest_s": 8.0,
    "log_format": "console",
}
BEAT = ("-m", "celery", "--app", "tests.chaos.apps.dispatcher_app", "--quiet", "beat", "-S", "workers.dispatcher:Dispatcher")
COMMANDS = {
    "gateway": ("-m", "tests.chaos.apps.gateway_app"),
    "keeper": ("-m", "tests.chaos.apps.keeper_app"),
    **{pool: ("-m", "tests.chaos.apps.pool_app", pool) for pool in (*POOLS, BROWSED)},
    **dict.fromkeys(DISPATCHERS, BEAT),
}
KINDS: dict[str, ProcessKind] = {"gateway": "gateway", "keeper": "keeper", **dict.fromkeys(DISPATCHERS, "dispatcher")}


class House:
    """Everything that runs; what ends is started again, as a supervisor would. `browsed`: with a Chromium."""

    def __init__(self, folder: Path, *, browsed: bool) -> None:
        self.folder = folder
        self.pools = (*POOLS, BROWSED) if browsed else POOLS
        self._names = ("gateway", "keeper", *self.pools, *DISPATCHERS)
        self.links = Links()
        self.postgres = postgres.start(folder)
        self.redis = redis.start(folder)
        self._platform_port, self._gateway_port = kept_or_free(None), kept_or_free(None)
        direct = self._direct()
        migrate(direct)
        self.clock = folder / "clock"
        clock.step(self.clock, 0)
        followed = {clock.VARIABLE: str(self.clock)}
        self.stack = Stack(self._through_links(direct), folder, environment=followed, traced=False, programs=True)
        self.restarts = 0
        self._copy = folder / "copy"
        self.person: Person | None = None
        self._groups: set[int] = set()
        self._stopping = threading.Event()
        self._watching = threading.Thread(target=self._watch, name="watch", daemon=True)
        owner = bootstrap_local(self.stack.settings, (BROWSED,) if browsed else ())
        self.api_key = str(owner.api_key)
        self._make_accounts()

    def _direct(self) -> Settings:
        return Settings(
            home=self.folder,
            database_url=self.postgres.url,
            redis_url=self.redis.url,
            keys=f"chaos:{Fernet.generate_key().decode()}",
            port=self._gateway_port,
            sandbox_port=kept_or_free(None),
            **QUICK,
        )

    def _through_links(self, direct: Settings) -> Settings:
        server = _port_of(self.postgres.url)
        roles: dict[str, Any] = {}
        role: Role
        for role in ("gateway", "worker", "dispatcher"):
            link = self.links.add(f"{role} to postgres", server)
            roles[f"{role}_database_url"] = link.through(direct.database_url_for(role))
        for name in ("worker", "dispatcher"):
            self.links.add(f"{name} to redis", _port_of(self.redis.url))
        for platform in PLATFORMS:
            self.links.add(f"worker to {platform}", self._platform_port)
        self.links.add("client to gateway", self._gateway_port)
        return direct.model_copy(update=roles)

    def _make_accounts(self) -> None:
        engine = create_engine(self.stack.settings.database_url_for("owner"), poolclass=NullPool)
        with engine.begin() as connection:
            workspace = workspaces.ensure_workspace(connection, WORKSPACE)
            persona = workspaces.ensure_persona(connection, workspace, PERSONA)
            for platform in PLATFORMS:
                port = self.links.by_name[f"worker to {platform}"].port
                for handle in (*ACCOUNTS, LIMITED):
                    account = {"workspace_id": workspace, "persona_id": persona, "platform": platform, "handle": handle}
                    where = {"host_id": None, "transport": "api", "origin": f"http://127.0.0.1:{port}/{platform}"}
                    workspaces.ensure_account(connection, account | where)

    def start(self) -> None:
        """Start everything, until it can work."""
        log = str(self.folder / "truth.jsonl")
        self.stack.start("platforms", "-m", "tests.chaos.platform_server", "--port", str(self._platform_port), "--log", log)
        if BROWSED in self.pools:
            self.stack.start_sandbox()
        for name in self._names:
            self._begin(name)
        wait_for("the platforms answer", lambda: self._answers(f"{self.platforms_url}/_truth"))
        wait_for("the gateway answers", lambda: self._answers(f"{self.gateway_url}/livez"), seconds=60)
        wait_for("every pool is there", self._every_pool_is_there, seconds=60)
        self._watching.start()

    def _every_pool_is_there(self) -> bool:
        return len(self.stack.query("SELECT id FROM workers")) == len(self.pools)

    def _begin(self, name: str) -> None:
        wire = "dispatcher" if name in DISPATCHERS else "worker"
        through = self.links.by_name[f"{wire} to redis"].through(self.redis.url)
        process = self.stack.start(name, *COMMANDS[name], kind=KINDS.get(name, "pool"), CALLSHEET_REDIS_URL=through)
        self._groups.add(process.pid)

    def _watch(self) -> None:
        while not self._stopping.wait(WATCHED_EVERY_S):
            for name in self._names:
                if self.stack.processes[name].poll() is not None and not self._stopping.is_set():
                    self.restarts += 1
                    self._begin(name)

    @staticmethod
    def _answers(url: str) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(url, timeout=2, trust_env=False, verify=False).is_success
        return False

    @property
    def gateway_url(self) -> str:
        """The gateway, by way of its link."""
        return f"http://127.0.0.1:{self.links.by_name['client to gateway'].port}"

    @property
    def platforms_url(self) -> str:
        """The platforms, directly: for faults and for the truth."""
        return f"http://127.0.0.1:{self._platform_port}"

    def send(self, name: str, number: signal.Signals) -> int | None:
        """Send a signal to a process by its name (`keyed/child` is the one that does the work).

        Answers its pid, None where there is none just now.
        """
        pool, _, child = name.partition("/")
        pid = self.stack.child_of(pool) if child else self.stack.processes[pool].pid
        if pid is None or (not child and self.stack.processes[pool].poll() is not None):
            return None
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return None
        return pid

    def pause_postgres(self) -> None:
        """SIGSTOP the server and its sessions."""
        for process in self._postgres():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume_postgres(self) -> None:
        """SIGCONT them, where they are stopped."""
        for process in self._postgres():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def _postgres(self) -> list[psutil.Process]:
        try:
            server = psutil.Process(self.postgres.process.pid)
            return [server, *server.children()]
        except psutil.NoSuchProcess:
            return []

    def crash_postgres(self) -> None:
        """SIGQUIT is PostgreSQL's immediate shutdown: what is committed stays, and nothing else."""
        self.resume_postgres()  # a stopped server hears no signal
        self.postgres.process.send_signal(signal.SIGQUIT)
        self.postgres.process.wait(30)

    def restart_postgres(self) -> None:
        """Serve the same data again, at the same port; nothing where it is served already."""
        if self.postgres.process.poll() is not None:
            self.postgres = postgres.start(self.folder)

    def copy_postgres(self) -> float | None:
        """Keep a copy of the data folder as it is now, as an asynchronous replica has it; answers when that was.

        None where there is a copy already that was not put back yet.
        """
        if self._copy.exists():
            return None
        self.crash_postgres()
        at = time.time()
        _copy(cluster.prepare(self.folder).place.data, self._copy)
        self.restart_postgres()
        return at

    def put_postgres_back(self) -> None:
        """Serve the copy, in the place of what is there."""
        self.crash_postgres()
        data = cluster.prepare(self.folder).place.data
        shutil.rmtree(data)
        _copy(self._copy, data)
        shutil.rmtree(self._copy)
        self.restart_postgres()

    def restart_redis(self) -> None:
        """An empty Redis at the same port."""
        self.redis = redis.start(self.folder)

    def platform_fault(self, platform: str, fault: str, count: int) -> None:
        """Let the platform's next calls go wrong."""
        body = {"platform": platform, "fault": fault, "count": count}
        httpx.post(f"{self.platforms_url}/_faults", json=body, timeout=5, trust_env=False, verify=False).raise_for_status()

    def calls(self, platform: str) -> int:
        """How many calls the platform is in the middle of."""
        found: dict[str, int] = httpx.get(f"{self.platforms_url}/_calls", timeout=5, trust_env=False, verify=False).json()
        return found.get(platform, 0)

    def stop(self) -> None:
        """End everything that was ever started, and forget the data outside the folder."""
        self._stopping.set()
        if self._watching.is_alive():
            self._watching.join(5)
        # Also what outlived a parent that was killed: each was started in a session of its own.
        for group in {*self._groups, *(process.pid for process in self.stack.processes.values())}:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for process in self.stack.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
        self.links.close()
        self.redis.stop()
        self.postgres.stop(forget_data=True)


def _copy(here: Path, there: Path) -> None:
    """All of a folder, with its owners."""
    subprocess.run(["cp", "-a", str(here), str(there)], check=True)


def _port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def say(begun: float, words: str) -> None:
    """One line of the timeline."""
    sys.stdout.write(f"{time.time() - begun:7.1f} s  {words}\n")
    sys.stdout.flush()
