"""How does a test talk to a gateway? To the real one, served by uvicorn in a thread of this process."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import uvicorn
from psycopg.rows import dict_row
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from api.main import create_app
from api.serving import serving
from shared.identity.api_keys import make_key
from shared.identity.bootstrap import bootstrap_local
from shared.identity.store import workspaces
from shared.settings import Settings
from tests.support.stack import Stack, wait_for

PLATFORMS = ("instagram", "sora", "tiktok")
TICK_S = 1.0  # as often uvicorn renews the date that it answers
SOON_S = 0.1


@dataclass(frozen=True)
class Gateway:
    """A gateway with a key for everything in its workspace."""

    settings: Settings
    url: str
    api_key: str
    workspace_id: str
    http: httpx.Client

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """POST JSON; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, json=body, headers=named)

    def submit(self, body: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """A stored task, a probe unless told otherwise."""
        answer = self.post("/api/scheduler/task", (body or PROBE) | changes)
        assert answer.status_code == 201, answer.text
        task: dict[str, Any] = answer.json()
        return task

    def query(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Ask the database as its owner."""
        with self.owner() as connection:
            cursor = connection.cursor(row_factory=dict_row).execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def owner(self) -> psycopg.Connection[Any]:
        """A connection of the database's owner."""
        address = self.settings.database_url_for("owner").replace("+psycopg", "")
        return psycopg.connect(address, autocommit=True)

    def end_sessions(self, application: str) -> None:
        """Have PostgreSQL end the sessions of one of our processes, in this database: others share the server."""
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %(name)s",
            name=f"callsheet-{application}",
        )

    def stored(self) -> int:
        """How many tasks there are."""
        return int(self.query("SELECT count(*) AS n FROM tasks")[0]["n"])

    def events(self, **query: Any) -> Iterator[dict[str, Any]]:
        """The live stream's events."""
        with self.http.stream("GET", "/api/events", params=query, timeout=20) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    def with_key(self, api_key: str) -> httpx.Client:
        """A client with another key."""
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {api_key}"}, timeout=20, trust_env=False, verify=False
        )


PROBE: dict[str, Any] = {"type": "probe", "payload": {"lane": "system"}}


def comment(settings: Settings, **payload: str) -> dict[str, Any]:
    """A comment by the practice account on Instagram."""
    url = f"http://127.0.0.1:{settings.sandbox_port}/instagram/p/C000000001/"
    return {
        "type": "comment",
        "platform": "instagram",
        "account": "demo",
        "payload": {"post_url": url, "text": "What a light in this one."} | payload,
    }


def new_workspace(settings: Settings, name: str, scopes: tuple[str, ...]) -> str:
    """A workspace's key with these scopes; the workspace is made where it is missing."""
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.begin() as connection:
        workspace = workspaces.ensure_workspace(connection, name)
        key = make_key()
        workspaces.add_key(connection, workspace, f"key of {name}", prefix=key.prefix, hashed=key.hash, scopes=scopes)
    return key.text


class _Server(uvicorn.Server):
    """Ends as soon as it is told to, where nobody is being answered.

    uvicorn looks ten times a second whether it is to end, and waits as long for its connections: 0.15 s after each test.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    def stop(self) -> None:
        """End, from another thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        """Serve until told to end."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), TICK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End at once if nothing is under way, else as uvicorn does."""
        state = self.server_state
        if await _soon(lambda: not state.tasks):
            for server in self.servers:
                server.close()
            for connection in list(state.connections):
                connection.shutdown()
            if await _soon(lambda: not state.connections):
                await self.lifespan.shutdown()
                return
        await super().shutdown(sockets)


async def _soon(condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + SOON_S
    while not (holds := condition()) and time.monotonic() < ends:  # noqa: ASYNC110 - uvicorn says nothing when it is so
        await asyncio.sleep(0.002)
    return holds


@contextmanager
def serve(settings: Settings) -> Iterator[Gateway]:
    """A gateway over this database, with the local owner's workspace."""
    owner = bootstrap_local(settings, PLATFORMS)
    assert owner.api_key is not None
    app = create_app(settings)
    server = _Server(serving(app, settings))
    thread = threading.Thread(target=server.run, name="gateway")
    thread.start()
    url = f"http://127.0.0.1:{settings.port}"
    try:
        wait_for("the gateway answers", lambda: server.started or not thread.is_alive(), every=0.01)
        headers = {"Authorization": f"Bearer {owner.api_key}"}
        with httpx.Client(base_url=url, headers=headers, timeout=20, trust_env=False, verify=False) as http:
            yield Gateway(settings, url, owner.api_key, str(owner.workspace_id), http)
    finally:
        app.state.hub.close()
        server.stop()
        thread.join(10)


@contextmanager
def serve_apart(settings: Settings, folder: Path) -> Iterator[Gateway]:
    """The same in a process of its own, which coverage does not slow down."""
    stack = Stack(settings, folder, traced=False)
    try:
        with serve_in(stack) as gateway:
            yield gateway
    finally:
        stack.stop_all()


@contextmanager
def serve_in(stack: Stack) -> Iterator[Gateway]:
    """The gateway as one more process of a stack, which ends it; it is named `gateway` there."""
    owner = bootstrap_local(stack.settings, PLATFORMS)
    assert owner.api_key is not None
    url = f"http://127.0.0.1:{stack.settings.port}"
    headers = {"Authorization": f"Bearer {owner.api_key}"}
    start_in(stack)
    with httpx.Client(base_url=url, headers=headers, timeout=20, trust_env=False, verify=False) as http:
        wait_for("the gateway answers", lambda: _answers(http))
        yield Gateway(stack.settings, url, owner.api_key, str(owner.workspace_id), http)


def start_in(stack: Stack) -> None:
    """Start a stack's gateway, again perhaps."""
    stack.start("gateway", "-m", "api", kind="gateway")


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/livez").is_success
    except httpx.TransportError:
        return False
