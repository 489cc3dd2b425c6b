"""What do the engine's own tests run on? Dispatchers, the system pool and a Redis that may be emptied; no browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.local import redis
from shared.identity.bootstrap import bootstrap_local
from tests.support.stack import QUICK, Stack


@pytest.fixture
def engine(database, tmp_path) -> Iterator[Stack]:
    """A stack of which nothing runs yet."""
    wire = redis.start(tmp_path)
    settings = database.model_copy(update={**QUICK, "redis_url": wire.url, "log_format": "console"})
    bootstrap_local(settings, [])
    stack = Stack(settings, tmp_path / "stack", traced=False)
    try:
        yield stack
    finally:
        stack.stop_all()
        wire.stop()
