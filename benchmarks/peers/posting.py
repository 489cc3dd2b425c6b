"""How many tasks a second are submitted one by one over HTTP? With the plainest client, over one connection."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from benchmarks.peers.programs.pace import count_for

WARM_UP = 200
PATIENCE_S = 30


def posts_per_s(
    address: httpx.URL, path: str, body: Mapping[str, Any], headers: Mapping[str, str], times: int
) -> list[float]:
    """Return how many requests a second are answered, so many times, each for about a second.

    Raises:
        RuntimeError: one was refused.
    """
    client = http.client.HTTPConnection(address.host, address.port or 80, timeout=PATIENCE_S)
    sent = json.dumps(body)

    def post(count: int) -> float:
        begun = time.monotonic()
        for _ in range(count):
            client.request("POST", path, sent, {**headers, "Content-Type": "application/json"})
            answer = client.getresponse()
            said = answer.read()
            if answer.status >= http.client.BAD_REQUEST:
                raise RuntimeError(f"POST {path}: {answer.status} {said.decode()[:200]}")
        return time.monotonic() - begun

    try:
        return paced(post, times)
    finally:
        client.close()


def paced(measure: Callable[[int], float], times: int) -> list[float]:
    """Return how many a second it comes to, warmed up, each time with as many as take about a second."""
    measure(WARM_UP)
    count = count_for(WARM_UP / measure(WARM_UP))
    return [count / measure(count) for _ in range(times)]
