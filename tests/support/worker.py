"""How does a test have one message worked on? By a worker's process holder inside the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.task_types.registry import TASK_TYPES
from tests.support.gateway import Gateway
from workers.attempts.attempt import run_message
from workers.attempts.process import WorkerProcess


@contextmanager
def worker(gateway: Gateway) -> Iterator[WorkerProcess]:
    """A worker that nobody sends messages to but the test."""
    process = WorkerProcess(gateway.settings)
    try:
        yield process
    finally:
        process.stop()


def work_on(gateway: Gateway, process: WorkerProcess, task_id: str) -> str:
    """Release a pending task as the dispatcher does, let the worker do it, and answer its state."""
    released = gateway.query(
        "UPDATE tasks SET status = 'queued', release_seq = release_seq + 1, released_at = now(), published_at = now()"
        " WHERE id = %(id)s RETURNING type, release_seq",
        id=task_id,
    )[0]
    return _deliver(gateway, process, task_id, released)


def look_at(gateway: Gateway, process: WorkerProcess, task_id: str) -> str:
    """The same for a look at an unknown outcome."""
    released = gateway.query(
        "UPDATE tasks SET verify_released = true, release_seq = release_seq + 1, released_at = now(), published_at = now()"
        " WHERE id = %(id)s RETURNING type, release_seq",
        id=task_id,
    )[0]
    return _deliver(gateway, process, task_id, released)


def _deliver(gateway: Gateway, process: WorkerProcess, task_id: str, released: dict[str, Any]) -> str:
    message = {"tasks": [[task_id, released["release_seq"]]]}
    process.run(run_message(process, TASK_TYPES[released["type"]], message))
    process.run(process.recorded())
    status: str = gateway.query("SELECT status FROM tasks WHERE id = %(id)s", id=task_id)[0]["status"]
    return status
