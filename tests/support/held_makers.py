"""How does a test hold an API platform in the midst of an answer? Real pools, and makers whose answers wait for the test."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli.local.servers import redis
from tests.support.gateway import Gateway, serve
from tests.support.stack import QUICK, Stack, wait_for
from tests.support.video_makers import KEY, Maker, RunwayProtocol, maker

ORDER = {"type": "video", "platform": "runway", "account": "demo", "payload": {"prompt": "A lighthouse.", "seconds": 10}}


class Held(RunwayProtocol):
    """A maker whose answers wait for the test, at one path."""

    held_path = ""
    reached: threading.Event
    let_go: threading.Event

    def do_GET(self) -> None:  # noqa: N802 - the server's own name
        self._hold()
        super().do_GET()

    def take(self, order: Any) -> bool:
        took = super().take(order)
        self._hold()
        return took

    def _hold(self) -> None:
        if self.path == self.held_path:
            self.reached.set()
            self.let_go.wait(30)


def held_at(path: str) -> type[Held]:
    return type("HeldHere", (Held,), {"held_path": path, "reached": threading.Event(), "let_go": threading.Event()})


class House:
    def __init__(self, gateway: Gateway, stack: Stack, made_by: Maker, protocol: type[Held]) -> None:
        self.gateway, self.stack, self.made_by, self.protocol = gateway, stack, made_by, protocol

    def begin(self) -> str:
        """A video whose attempt has come to where the maker holds it."""
        video: str = self.gateway.submit(ORDER)["id"]
        assert self.protocol.reached.wait(30)
        return video

    def stop_pool(self) -> None:
        self.stack.processes["apis"].send_signal(signal.SIGTERM)

    def status(self, video: str) -> str:
        return str(self.gateway.query("SELECT status FROM tasks WHERE id = %(v)s", v=video)[0]["status"])


@contextmanager
def house(database: Any, tmp_path: Any, path: str) -> Iterator[House]:
    wire = redis.start(tmp_path)
    changes = {**QUICK, "lease_s": 30.0, "redis_url": wire.url, "log_format": "console", "egress_allowed": "127.0.0.0/8"}
    settings, protocol = database.model_copy(update=changes), held_at(path)
    with maker(protocol) as made_by, serve(settings) as gateway:
        persona = gateway.http.get("/api/personas").json()["items"][0]["id"]
        account = {"platform": "runway", "handle": "demo", "persona": persona, "transport": "api", "practice": True}
        secret = {"api_key": KEY, "model": "gen4.5"}
        gateway.post("/api/accounts", {**account, "secret": secret}).raise_for_status()
        gateway.query("UPDATE accounts SET origin = %(url)s WHERE platform = 'runway'", url=made_by.url)
        stack = Stack(settings, tmp_path / "stack", traced=False)
        try:
            stack.start_keeper()
            stack.start_beat()
            stack.start_pool("apis")
            wait_for("the pool is there", lambda: stack.query("SELECT id FROM workers"))
            yield House(gateway, stack, made_by, protocol)
        finally:
            protocol.let_go.set()
            stack.kill_all()
            wire.stop()
