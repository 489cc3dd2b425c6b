"""How many no-op tasks are done in a second, from the client to the last record, next to plain Celery?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import redis

from benchmarks import plain_default
from benchmarks.figure import Figure
from benchmarks.home import ROOT, Home

TASKS = 20_000
AT_ONCE = 2_500  # in one request
PLAIN_TASKS = 5_000
WARM_UP = 500
PATIENCE_S = 120
# pending, queued, running, completed
EVENTS, ATTEMPTS = 4, 1

_END = "SELECT max(extract(epoch FROM finished_at)) FROM tasks WHERE id = ANY (%(ids)s::uuid[])"
# Asked by two small indexes: to ask for each of the tasks took five hundredths of all that the machine did meanwhile.
_OPEN = """
    SELECT EXISTS (SELECT FROM tasks WHERE status = 'pending' AND wake_key IS NULL AND type = 'probe')
        OR EXISTS (SELECT FROM tasks WHERE status IN ('queued', 'running') AND batch_id IS NULL AND type = 'probe')
        OR EXISTS (SELECT FROM batches WHERE type = 'probe')
"""
_LEFT = "SELECT count(*) FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND status <> 'completed'"
_WRITTEN = """
    SELECT (SELECT count(*) FROM attempts WHERE task_id = ANY (%(ids)s::uuid[])),
           (SELECT count(*) FROM task_events e CROSS JOIN LATERAL unnest(coalesce(e.task_ids, ARRAY[e.task_id])) AS u(id)
            WHERE u.id = ANY (%(ids)s::uuid[]))
"""


def figures(home: Home) -> list[Figure]:
    """Measure both in the same run, on the same Redis, with one worker process each."""
    plain, kept = plain_per_s(home)
    probes_per_s(home, WARM_UP)
    probes, attempts, events = probes_per_s(home, TASKS)
    return [
        Figure("`probe` in bulk over HTTP, durable, to the last record", f"{probes:,.0f} a second"),
        Figure("Plain Celery, no-op, `delay()` to the last end, results dropped", f"{plain:,.0f} a second", "peer"),
        Figure("Ratio of the two", f"{probes / plain:.1f}", "at least 8"),
        Figure("Plain Celery, the same with results kept in Redis", f"{kept:,.0f} a second", "peer"),
        Figure("Ratio to that", f"{probes / kept:.1f}"),
        Figure("Attempts and events for each `probe`", f"{attempts:g} and {events:g}", f"{ATTEMPTS} and {EVENTS}"),
    ]


def probes_per_s(home: Home, count: int) -> tuple[float, float, float]:
    """Return probes done each second, and how many attempts and events each has left in PostgreSQL."""
    probe = {"type": "probe", "payload": {"lane": "system"}}
    begun, ids = time.time(), []
    for first in range(0, count, AT_ONCE):
        answer = home.http.post("/api/scheduler/tasks", json={"tasks": [probe] * min(AT_ONCE, count - first)})
        ids += answer.raise_for_status().json()["ids"]
    values = {"ids": ids}
    ends = time.monotonic() + PATIENCE_S
    while home.database.execute(_OPEN).fetchone() != (False,):
        if time.monotonic() > ends:
            message = f"{count} probes were not done within {PATIENCE_S} s."
            raise TimeoutError(message)
        time.sleep(0.25)
    assert home.database.execute(_LEFT, values).fetchone() == (0,)
    end, written = home.database.execute(_END, values).fetchone(), home.database.execute(_WRITTEN, values).fetchone()
    assert end is not None
    assert written is not None
    attempts, events = (int(str(number)) / count for number in written)
    return count / (float(str(end[0])) - begun), attempts, events


def plain_per_s(home: Home) -> tuple[float, float]:
    """Return no-op tasks done each second in plain Celery, submitted while it works: without results, and with."""
    address = home.redis_url.rsplit("/", 1)[0] + "/8"
    command = [sys.executable, "-m", "celery", "--app", "benchmarks.plain_default", "--quiet", "worker", "-c", "1"]
    environment = os.environ | {"BENCH_REDIS_URL": address}
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    plain_default.app.conf.update(broker_url=address, result_backend=address)
    try:
        with redis.Redis.from_url(address) as wire:
            _plain_run(wire, plain_default.nothing, WARM_UP)
            dropped = PLAIN_TASKS / _plain_run(wire, plain_default.nothing, PLAIN_TASKS)
            return dropped, PLAIN_TASKS / _plain_run(wire, plain_default.kept, PLAIN_TASKS)
    finally:
        worker.terminate()
        worker.wait(20)


def _plain_run(wire: redis.Redis, task: Any, count: int) -> float:
    """Return how long so many tasks take, in seconds."""
    wire.delete(plain_default.ENDED)
    begun = time.time()
    for _ in range(count):
        task.delay()
    plain_default.ended.delay()
    ends = time.monotonic() + PATIENCE_S
    while (ended := wire.get(plain_default.ENDED)) is None:
        if time.monotonic() > ends:
            message = "The plain Celery worker did not answer."
            raise TimeoutError(message)
        time.sleep(0.05)
    return float(ended) - begun
