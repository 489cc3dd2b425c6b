"""What do the engine's own tests run on? Dispatchers, the system pool and a Redis that may be emptied; no browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.local.servers import redis
from shared.identity.bootstrap import bootstrap_local
from tests.support.acting import Calling, Warm
from tests.support.dispatching import serve_lanes
from tests.support.failover import LANE, Seen
from tests.support.gateway import Gateway
from tests.support.servers import WATCHER
from tests.support.stack import QUICK, Stack
from tests.support.worker import worker
from workers.attempts import outward_step
from workers.attempts.process import WorkerProcess


@pytest.fixture
def engine(database, tmp_path) -> Iterator[Stack]:
    """A stack of which nothing runs yet."""
    wire = redis.start(tmp_path, more=WATCHER)
    settings = database.model_copy(update={**QUICK, "redis_url": wire.url, "log_format": "console"})
    bootstrap_local(settings, [])
    stack = Stack(settings, tmp_path / "stack", traced=False)
    try:
        yield stack
    finally:
        stack.kill_all()
        wire.stop()


@pytest.fixture
def calling(monkeypatch, gateway: Gateway) -> Calling:
    """Every capability is an action that counts its calls; the host's keeper is there."""
    action = Calling()
    monkeypatch.setattr(outward_step, "load_action", lambda *_: action)
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    return action


@pytest.fixture
def action(monkeypatch, gateway: Gateway) -> Seen:
    """Every capability is an action that counts its calls, and can be read back."""
    seen = Seen()
    monkeypatch.setattr(outward_step, "load_action", lambda *_: seen)
    serve_lanes(gateway, LANE)
    return seen


@pytest.fixture
def process(gateway: Gateway) -> Iterator[WorkerProcess]:
    """A worker without a browser, in the test's own process."""
    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        yield process
