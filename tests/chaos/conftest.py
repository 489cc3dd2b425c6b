"""What does chaos strike? A stack of its own for each module, with short leases and a Redis that may be emptied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.local.servers import redis
from shared.identity.bootstrap import bootstrap_local
from shared.settings import Settings
from tests.support.stack import PLATFORMS, QUICK, Stack


@pytest.fixture(scope="module")
def stack(module_database, free_port, tmp_path_factory) -> Iterator[Stack]:
    """Dispatcher, keeper, one pool for each platform, and the practice sites."""
    with running(module_database, free_port, tmp_path_factory.mktemp("stack"), "workers.tasks") as stack:
        yield stack


@pytest.fixture(scope="module")
def crash_stack(module_database, free_port, tmp_path_factory) -> Iterator[Stack]:
    """The same with crash points around the real code."""
    with running(module_database, free_port, tmp_path_factory.mktemp("crash"), "tests.support.crash_app") as stack:
        yield stack


@contextmanager
def running(database: Settings, free_port: Callable[[], int], folder: Path, celery_app: str) -> Iterator[Stack]:
    wire = redis.start(folder)
    quick = {**QUICK, "sandbox_port": free_port(), "redis_url": wire.url, "log_format": "console"}
    settings = database.model_copy(update=quick)
    bootstrap_local(settings, PLATFORMS)
    (folder / "struck").mkdir()
    stack = Stack(settings, folder, celery_app, environment={"CRASH_FOLDER": str(folder / "struck")}, traced=False)
    try:
        stack.start_all()
        yield stack
    finally:
        stack.stop_all()
        wire.stop()
