"""What does pytest-celery run here? Real Redis and real workers: processes of this machine, and a container for the broker
where there is a Docker engine. Workers stay processes either way: they need the PostgreSQL of this run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from pytest_celery import CeleryTestBroker, CeleryTestWorker, RedisTestBroker
from redis import Redis
from redis.exceptions import RedisError

from cli.local.servers import redis
from shared.identity.bootstrap import bootstrap_local
from tests.support.nodes import LocalProcess, docker_answers
from tests.support.stack import QUICK, Stack


@pytest.fixture
def celery_broker(request, tmp_path) -> Iterator[CeleryTestBroker]:
    """Redis: a container where Docker runs, else a process."""
    if docker_answers():
        yield request.getfixturevalue("celery_redis_broker")
        return
    node = RedisTestBroker(_redis_process(tmp_path))
    node.ready()
    yield node
    node.teardown()


@pytest.fixture
def celery_backend_cluster() -> None:
    """Results stand in PostgreSQL; there is no result backend."""


@pytest.fixture
def celery_backend_cluster_config() -> None:
    """The same for the configuration."""


@pytest.fixture
def stack(database, celery_broker, tmp_path) -> Iterator[Stack]:
    """The dispatcher over this broker."""
    address = celery_broker.config()["host_url"]
    settings = database.model_copy(update={**QUICK, "redis_url": address, "log_format": "console"})
    bootstrap_local(settings, [])
    stack = Stack(settings, tmp_path / "stack", traced=False)
    stack.start_beat()
    yield stack
    stack.stop_all()


@pytest.fixture
def celery_worker(stack: Stack) -> Iterator[CeleryTestWorker]:
    """The system pool's worker."""

    def start() -> int:
        stack.query("DELETE FROM workers")
        stack.start_pool("system")
        return stack.processes["system"].pid

    process = LocalProcess("system", start, lambda: bool(stack.query("SELECT id FROM workers")), {})
    process.log_file = lambda: stack.log_of("system")
    node = CeleryTestWorker(process, app=None)
    node.ready()
    yield node
    node.teardown()


def _redis_process(folder) -> LocalProcess:
    wire = redis.prepare(folder)
    config: dict[str, Any] = {"url": wire.url, "host_url": wire.url}

    def start() -> int:
        return redis.start(folder).process.pid

    def answers() -> bool:
        with suppress(RedisError):
            return bool(Redis.from_url(wire.url).ping())
        return False

    return LocalProcess("redis", start, answers, config)
