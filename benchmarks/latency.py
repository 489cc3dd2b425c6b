"""How long does it take from submitting a task until it is worked on?"""

from __future__ import annotations

import http.client
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import redis

from benchmarks import plain_celery
from benchmarks.figure import Figure, median
from benchmarks.home import ROOT, Home

PROBES = 100
WARM_UP = 5
COMMENTS = 12
PATIENCE_S = 30
POLL_S = 0.05  # seldom, so that asking does not slow down what is measured


def figures(home: Home) -> list[Figure]:
    """Measure one task at a time: to the claim, to the start in plain Celery, to the browser's first request."""
    probe, plain = median(probe_ms(home)), median(plain_celery_ms(home))
    return [
        Figure("POST to claim of a `probe`, median", f"{probe:.1f} ms", "under 15 ms"),
        Figure("Plain Celery, `delay()` to start, median", f"{plain:.1f} ms", "peer"),
        Figure("Ratio of the two", f"{probe / plain:.1f}"),
        Figure("POST to the browser's first request, median", f"{median(browser_ms(home)):.0f} ms", "under 300 ms"),
    ]


def probe_ms(home: Home) -> list[float]:
    """Return the times from just before the POST to the claim in PostgreSQL, one `probe` at a time, idle (milliseconds)."""
    # What the client library takes before it sends is not ours to measure: the plainest one, over one connection.
    client = http.client.HTTPConnection(home.http.base_url.host, home.http.base_url.port or 80, timeout=PATIENCE_S)
    body = json.dumps({"type": "probe", "payload": {"lane": "system"}})
    headers = {"Authorization": home.http.headers["Authorization"], "Content-Type": "application/json"}
    waits = []
    for _ in range(PROBES):
        sent = time.time()
        client.request("POST", "/api/scheduler/task", body, headers)
        task = json.load(client.getresponse())["id"]
        _until_completed(home, task)
        claimed = home.database.execute(
            "SELECT extract(epoch FROM min(started_at)) FROM attempts WHERE task_id = %s", (task,)
        ).fetchone()
        assert claimed is not None
        waits.append((float(str(claimed[0])) - sent) * 1000)
        time.sleep(0.02)
    return waits


def plain_celery_ms(home: Home) -> list[float]:
    """Return the same for plain Celery on the same Redis: from `delay()` to the task's first line (milliseconds)."""
    address = home.redis_url.rsplit("/", 1)[0] + "/9"
    environment = os.environ | {"BENCH_REDIS_URL": address}
    command = [sys.executable, "-m", "celery", "--app", "benchmarks.plain_celery", "--quiet", "worker", "-c", "1"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wire = redis.Redis.from_url(address)
    wire.delete(plain_celery.STARTS)
    app = plain_celery.app
    app.conf.broker_url = address
    waits = []
    try:
        for number in range(PROBES + WARM_UP):
            sent = time.time()
            app.send_task("noop", args=(number,))
            started = _until_started(wire, number)
            if number >= WARM_UP:
                waits.append((started - sent) * 1000)
            time.sleep(0.02)
    finally:
        worker.terminate()
        worker.wait(20)
    return waits


def browser_ms(home: Home) -> list[float]:
    """Return the times from just before the POST of a comment to a warm browser's first request (milliseconds)."""
    sandbox = f"127.0.0.1:{home.environment['CALLSHEET_SANDBOX_PORT']}"
    waits = []
    with _watched(sandbox) as (address, arrivals), _moved(home, sandbox, address):
        posts = home.http.get(f"http://{sandbox}/_truth/posts", params={"platform": "instagram"}).json()
        for number in range(COMMENTS):
            payload = {"post_url": posts[number]["url"].replace(sandbox, address), "text": f"bench {number}"}
            arrivals.clear()
            sent = time.time()
            body = {"type": "comment", "platform": "instagram", "account": "demo", "payload": payload}
            answer = home.http.post("/api/scheduler/task", json=body)
            answer.raise_for_status()
            _until_completed(home, answer.json()["id"])
            waits.append((min(arrivals) - sent) * 1000)
    return waits[2:]  # the first two start the browser and warm it


@contextmanager
def _moved(home: Home, here: str, there: str) -> Iterator[None]:
    """Move the practice account's site to another address for as long as the block lasts."""
    move = "UPDATE accounts SET origin = replace(origin, %s, %s) WHERE platform = 'instagram'"
    home.database.execute(move, (here, there))
    try:
        yield
    finally:
        home.database.execute(move, (there, here))


def _until_completed(home: Home, task: str) -> None:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        time.sleep(POLL_S)
        found = home.database.execute("SELECT status FROM tasks WHERE id = %s", (task,)).fetchone()
        if found and found[0] in {"completed", "failed"}:
            return
    message = f"Task {task} did not end within {PATIENCE_S} s."
    raise TimeoutError(message)


def _until_started(wire: redis.Redis, number: int) -> float:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        started = wire.hget(plain_celery.STARTS, str(number))
        if started:
            return float(started)
        time.sleep(0.002)
    message = "The plain Celery worker did not answer."
    raise TimeoutError(message)


@contextmanager
def _watched(target: str) -> Iterator[tuple[str, list[float]]]:
    """Run a pass-through in front of an address that records when bytes arrive from the browser."""
    arrivals: list[float] = []
    host, port = urlsplit(f"//{target}").hostname, urlsplit(f"//{target}").port
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=pass_on, args=(near,), daemon=True).start()

    def pass_on(near: socket.socket) -> None:
        with near, socket.create_connection((host, port)) as far:
            while True:
                ready, _, _ = select.select([near, far], [], [], PATIENCE_S)
                for side in ready:
                    data = side.recv(65536)
                    if not data:
                        return
                    if side is near:
                        arrivals.append(time.time())
                    (far if side is near else near).sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}", arrivals
    finally:
        listening.close()
