"""How many single submits a second does a FastAPI route take that calls `delay()`? Started as our gateway is, on uvicorn."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import httpx

from benchmarks.home import ROOT, Home, free_port
from benchmarks.peers.cases import Spread, spread
from benchmarks.peers.posting import posts_per_s
from benchmarks.peers.servers import apart

NAME = "FastAPI route with Celery's `delay()`"
SOURCE = "https://docs.celeryq.dev/en/stable/userguide/calling.html"
ORDER = {"type": "noop", "payload": {"lane": "system"}}
READY_WITHIN_S = 20


def measure(home: Home, times: int) -> dict[str, Spread | str]:
    """Return how many single submits a second there are; all else is Celery's."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.peers.delay_app:app", "--port", str(port), "--no-access-log"]
    with apart(home) as servers:
        environment = os.environ | servers
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            address = httpx.URL(f"http://127.0.0.1:{port}")
            _await(address.join("/openapi.json"))
            return {"single": spread(posts_per_s(address, "/task", ORDER, {}, times))}
        finally:
            server.terminate()
            server.wait()


def _await(address: httpx.URL) -> None:
    ends = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            httpx.get(address).raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            return
