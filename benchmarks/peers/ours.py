"""What does Callsheet come to in the cases of its peers? Over HTTP and durable, with probes on a pool of their own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import host, latency, stored
from benchmarks.home import ROOT, Home
from benchmarks.peers.cases import Spread, spread
from benchmarks.peers.measure import MORE_PROCESSES, idle, in_parts
from benchmarks.peers.ours_pool import FLAKY, NOOP, POOL, WAIT
from benchmarks.peers.peer import FORKED_AT_ONCE
from benchmarks.peers.posting import paced, posts_per_s
from workers.pools import command

AT_ONCE = 2_500  # in one request
TRIES = 30
PATIENCE_S = 120
READY_WITHIN_S = 30
POLL_S = 0.1
DUE, DUE_EVERY_S, DUE_AHEAD_S = 500, 0.01, 5.0

# Asked by two small indexes while they work; what each came to is looked at once, at the end.
_OPEN = """
    SELECT EXISTS (SELECT FROM tasks WHERE status = 'pending' AND wake_key IS NULL AND type = 'probe')
        OR EXISTS (SELECT FROM tasks WHERE status IN ('queued', 'running') AND batch_id IS NULL AND type = 'probe')
        OR EXISTS (SELECT FROM batches WHERE type = 'probe')
"""
_ENDED = """
    SELECT count(*) FILTER (WHERE status <> 'completed'), extract(epoch FROM max(finished_at))::float8
    FROM tasks WHERE id = ANY (%(ids)s::uuid[])
"""
_LATE = """
    SELECT extract(epoch FROM a.started_at - t.scheduled_for)::float8 * 1000
    FROM tasks t JOIN attempts a ON a.task_id = t.id WHERE t.id = ANY (%(ids)s::uuid[]) ORDER BY t.scheduled_for
"""
_SERVED = "SELECT EXISTS (SELECT FROM workers WHERE pool = 'bench' AND seen_until > now())"
_FORGET = "DELETE FROM tasks WHERE lane = %(lane)s"


def measure(home: Home, times: int) -> dict[str, Spread | str]:
    """Return what it does, warmed up."""
    found: dict[str, Spread | str] = {}
    found["memory"], found["processor"] = idle(home.processes())
    found["latency"] = in_parts(latency.probe_ms(home), times)
    found["single"], found["bulk"] = _submitting(home, times)
    with _pool(home, 1):
        found["noop"] = spread(paced(lambda count: _end_to_end(home, NOOP, count), times))
        found["retries"] = spread(paced(lambda count: _end_to_end(home, FLAKY, count), times))
    for processes in MORE_PROCESSES:
        with _pool(home, processes):
            found[f"noop_{processes}"] = spread(paced(lambda count: _end_to_end(home, NOOP, count), times))
    with _pool(home, FORKED_AT_ONCE):
        found["wait"] = spread(paced(lambda count: _end_to_end(home, WAIT, count), times))
    stored.fill(home)
    with _pool(home, 1):
        found["late"] = in_parts(_late_ms(home), times)
        found["stored"] = spread(paced(lambda count: _end_to_end(home, NOOP, count), times))
    return found


def _probe(lane: str, **more: Any) -> dict[str, Any]:
    return {"type": "probe", "payload": {"lane": lane}, "max_retries": TRIES, **more}


def _submitting(home: Home, times: int) -> tuple[Spread, Spread]:
    """Return how many tasks a second are submitted one by one, and many at once."""
    host.place(home)  # nobody serves its lanes yet: nobody works while submitting is measured
    headers = {"Authorization": home.http.headers["Authorization"]}
    path, one = "/api/scheduler/task", {"type": "probe", "payload": {"lane": NOOP}}
    single = posts_per_s(home.http.base_url, path, one, headers, times)

    def many(count: int) -> float:
        begun = time.monotonic()
        _submit(home, [_probe(NOOP)] * count)
        return time.monotonic() - begun

    bulk = paced(many, times)
    home.database.execute("SET session_replication_role = replica")
    home.database.execute(_FORGET, {"lane": NOOP})
    home.database.execute("RESET session_replication_role")
    return spread(single), spread(bulk)


def _submit(home: Home, orders: list[dict[str, Any]]) -> list[str]:
    ids: list[str] = []
    for first in range(0, len(orders), AT_ONCE):
        answer = home.http.post("/api/scheduler/tasks", json={"tasks": orders[first : first + AT_ONCE]})
        ids += answer.raise_for_status().json()["ids"]
    return ids


def _end_to_end(home: Home, lane: str, count: int) -> float:
    """Return how long it takes from the first request to the last record (seconds)."""
    begun = time.time()
    return _ended_at(home, _submit(home, [_probe(lane)] * count)) - begun


def _ended_at(home: Home, ids: list[str]) -> float:
    """Return when the last of them was recorded, once all are."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        time.sleep(POLL_S)
        if home.database.execute(_OPEN).fetchone() != (False,):
            continue
        left, last = home.database.execute(_ENDED, {"ids": ids}).fetchone() or (1, None)
        if left == 0:
            return float(str(last))
    raise TimeoutError(f"{len(ids)} tasks were not done within {PATIENCE_S} s.")


def _late_ms(home: Home) -> list[float]:
    """Return how long after its time each was claimed that was due then (milliseconds), a hundred due each second."""
    first = datetime.now(UTC) + timedelta(seconds=DUE_AHEAD_S)
    times = [(first + timedelta(seconds=DUE_EVERY_S * number)).isoformat() for number in range(DUE)]
    ids = _submit(home, [_probe(NOOP, scheduled_for=at) for at in times])
    time.sleep(DUE_AHEAD_S + DUE * DUE_EVERY_S)
    _ended_at(home, ids)
    return [float(str(row[0])) for row in home.database.execute(_LATE, {"ids": ids}).fetchall()]


@contextmanager
def _pool(home: Home, processes: int) -> Iterator[None]:
    """Run the pool with so many processes, once it has said that it is there."""
    settings = home.settings.model_copy(update={"pool": POOL.name})
    words = command(POOL, settings)
    words[words.index("workers.tasks")] = "benchmarks.peers.ours_app"
    words[words.index("--concurrency") + 1] = str(processes)
    environment = settings.environment_for("pool") | {"BENCH_PROCESSES": str(processes)}
    worker = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _until_served(home)
        yield
    finally:
        worker.terminate()
        worker.wait(READY_WITHIN_S)


def _until_served(home: Home) -> None:
    ends = time.monotonic() + READY_WITHIN_S
    while home.database.execute(_SERVED).fetchone() != (True,):
        if time.monotonic() > ends:
            raise TimeoutError("The pool did not get ready.")
        time.sleep(POLL_S)
