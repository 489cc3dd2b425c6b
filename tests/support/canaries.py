"""Which secrets pass through an end-to-end test, and is one of them to be read where it should not be?

What a request carries in a credential field, and what an answer gives out once, is a secret from then on, and so is what
a home is made with. None of them may be read in another answer, a log, an event, a table, a command to Redis, a file or
a file's name.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psycopg
import pytest
from redis import Redis

from connectors.registry import MANIFESTS
from shared.settings import ROLE_NAMES, Settings
from tests.support.gateway import Gateway
from tests.support.servers import watcher_of

# Fields of requests and of answers. A test compares both tables with the OpenAPI document.
GIVEN = frozenset({"password", "refresh_token", "secret", "target", "token"})
SHOWN = frozenset({"access_token", "codes", "credential", "key", "refresh_token", "secret", "ticket", "token"})
SHORTEST = 16  # what is shorter could be there by chance
# Private files that are there to hold secrets; and what others have written: browsers, and servers of this run.
HELD = frozenset({"credentials.json", "host.json", "keys", "setup-token"})
STRANGE = frozenset({"profiles", "servers"})
MEANT_FOR_THE_LOG = "css_"  # the set-up token
PLANTED = {
    "notification": "canary-of-a-notification",
    "person": "canary of a person 7391",
    "wrong": "canary of nobody at all",
}


@dataclass
class Canaries:
    """The secrets of this run by value, with where each comes from; `seen` is where one was read."""

    secrets: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def add(self, value: object, source: str) -> None:
        """Remember a secret, or each of several."""
        if isinstance(value, dict | list):
            for one in value.values() if isinstance(value, dict) else value:
                self.add(one, source)
        elif isinstance(value, str) and len(value) >= SHORTEST and not value.startswith(MEANT_FOR_THE_LOG):
            self.secrets.setdefault(value, source)

    def add_home(self, settings: Settings) -> None:
        """Remember what a home is made with: its keys, and the passwords of the roles at PostgreSQL."""
        for entry in settings.keys.split(","):
            self.add(entry.partition(":")[2], "CALLSHEET_KEYS")
        for role in ROLE_NAMES:
            self.add(urlsplit(settings.database_url_for(role)).password, f"the password of {ROLE_NAMES[role]}")

    def look(self, text: str, where: str, *, but: frozenset[str] = frozenset()) -> None:
        """Look for every secret in a text, but for those that belong there."""
        self.seen += [f"{source} in {where}" for value, source in self.secrets.items() if value not in but and value in text]

    def hear(self, request: httpx.Request, answer: httpx.Response) -> None:
        """Look at an answer of the gateway, and remember what it and its request carried."""
        path = request.url.path
        named = f"{request.method} {path} -> {answer.status_code}"
        gives = request.method == "POST" and answer.is_success
        shown = frozenset(_of(_json(answer), SHOWN)) if gives else frozenset()
        self.add(list(_of(_json(request), GIVEN)), f"a field of {request.method} {path}")
        self.add(request.headers.get("Authorization", "").removeprefix("Bearer "), "a request's Authorization")
        said = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
        self.look(answer.text + str(said), named, but=shown)
        self.add(sorted(shown), f"the answer to {request.method} {path}")

    def sweep_database(self, settings: Settings) -> None:
        """Look at every row of every table."""
        address = settings.database_url_for("owner").replace("+psycopg", "")
        with psycopg.connect(address) as connection:
            tables = connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchall()
            for (name,) in tables:
                for (row,) in connection.execute(f'SELECT t::text FROM "{name}" t'):
                    self.look(row, f"table {name}")

    def sweep_files(self, folder: Path, since: float) -> None:
        """Look at every file below a folder that was written since then, and at its name."""
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if STRANGE.intersection(inside.parts) or not path.is_file() or path.stat().st_mtime < since:
                continue
            self.look(str(inside), "a file's name")
            if path.name not in HELD:
                self.look(path.read_bytes().decode(errors="replace"), f"file {inside}")

    @contextmanager
    def listening(self, redis_url: str) -> Iterator[None]:
        """Look at every command that this database in Redis gets meanwhile."""
        heard_all = threading.Event()
        watcher = Redis.from_url(watcher_of(redis_url), decode_responses=True, socket_timeout=None)
        with watcher as asking, asking.monitor() as monitor:
            end, database = uuid4().hex, asking.connection_pool.connection_kwargs["db"]

            def listen() -> None:
                for said in monitor.listen():
                    if end in said["command"]:
                        heard_all.set()
                        return
                    if said["db"] == database:
                        self.look(said["command"], f"a command to Redis: {said['command'][:40]}")

            threading.Thread(target=listen, daemon=True).start()
            try:
                yield
            finally:
                asking.echo(end)
                assert heard_all.wait(30), "Not all commands to Redis were looked at."

    @contextmanager
    def everywhere(self, folder: Path) -> Iterator[None]:
        """Look at all answers that come meanwhile, and at all files below a folder when it is over."""
        began, send = time.time(), httpx.Client.send

        def sent(client: httpx.Client, request: httpx.Request, **how: Any) -> httpx.Response:
            answer = send(client, request, **how)
            if request.url.path.startswith("/api/") and answer.is_closed:
                self.hear(request, answer)
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(httpx.Client, "send", sent)
            yield
        self.sweep_files(folder, began)


def plant(gateway: Gateway) -> None:
    """Put a canary into every credential field of a workspace; what is sent to port 9 goes wrong, and is told in logs."""
    persona = gateway.http.get("/api/personas").json()["items"][0]["id"]
    for platform, manifest in MANIFESTS.items():
        if manifest.secret is not None:
            secret = {name: f"canary-{platform}-{name}" for name in manifest.secret.fields}
            body = {"platform": platform, "handle": "canary", "persona": persona, "transport": "api", "secret": secret}
            _made(gateway.post("/api/accounts", body))
    _made(gateway.post("/api/webhooks", {"url": "http://127.0.0.1:9/callsheet", "types": ["task.completed"]}))
    target = f"ntfy://canary:{PLANTED['notification']}@127.0.0.1:9/callsheet"
    _made(gateway.post("/api/notifications", {"name": "canary", "target": target, "types": ["task.completed"]}))
    _made(gateway.post("/api/keys", {"name": "canary", "scopes": ["read"]}))
    _made(gateway.post("/api/hosts", {"name": "canary"}))
    person = {"email": "canary@example.org", "password": PLANTED["person"]}
    invited = _made(gateway.post("/api/invitations", {"email": person["email"], "role": "viewer"}))
    _made(gateway.post("/api/invitations/accept", {"token": invited["token"], "password": person["password"]}))
    assert gateway.post("/api/auth/login", person | {"password": PLANTED["wrong"]}).status_code == 401
    tokens = _made(gateway.post("/api/auth/login", person))
    with gateway.with_key(tokens["access_token"]) as http:
        _made(http.post("/api/auth/totp", json={"password": person["password"]}))
        _made(http.post("/api/auth/ticket"))
    _made(gateway.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}))


def _made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _json(message: httpx.Request | httpx.Response) -> object:
    try:
        return json.loads(message.content)
    except (ValueError, UnicodeDecodeError, httpx.RequestNotRead):
        return None


def _of(value: object, names: frozenset[str]) -> Iterator[str]:
    """The texts below fields of these names."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner) if name in names else _of(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from _of(inner, names)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
