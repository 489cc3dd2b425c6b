"""Have a peer's client do something so many times, and say what each came to: `python submit.py huey_app single noop 5`."""

from __future__ import annotations

import asyncio
import importlib
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import noted
import pace

WARM_UP = 200
RESTS_S = 0.02  # between two tasks whose latency is measured: whoever waits is idle again
PATIENCE_S = 120
LOOK_S = 0.002
LATENCIES, COLD = 20, 5
A_DAY_S = 86_400
STORED, STORES_FOR_S = 10_000, 5.0
DUE, DUE_EVERY_S, DUE_AHEAD_S = 500, 0.01, 5.0


class Client(Protocol):
    """How a peer takes work."""

    async def one(self, task: str, *args: int) -> None:
        """Submit one task; it is handed over when this returns."""

    async def many(self, task: str, count: int) -> None:
        """Submit the same task many times."""

    async def later(self, task: str, delay_s: float, *args: int) -> None:
        """Submit one task that is due then."""


async def _paced(measure: Callable[[int], Awaitable[float]], times: str) -> list[float]:
    """Return how many a second it comes to, warmed up, each time with as many as take about a second."""
    await measure(WARM_UP)
    count = pace.count_for(WARM_UP / await measure(WARM_UP))
    return [count / await measure(count) for _ in range(int(times))]


async def _single(client: Client, task: str, times: str) -> list[float]:
    """Return how many tasks a second are submitted one by one."""

    async def measure(count: int) -> float:
        begun = time.monotonic()
        for _ in range(count):
            await client.one(task)
        return time.monotonic() - begun

    return await _paced(measure, times)


async def _bulk(client: Client, task: str, times: str) -> list[float]:
    """Return how many tasks a second are submitted many at once."""

    async def measure(count: int) -> float:
        begun = time.monotonic()
        await client.many(task, count)
        return time.monotonic() - begun

    return await _paced(measure, times)


async def _end_to_end(client: Client, task: str, times: str) -> list[float]:
    """Return how many tasks a second there are from the first one's submission until the last was taken."""

    async def measure(count: int) -> float:
        wire = noted.connect()
        wire.delete(noted.ENDED)
        begun = time.time()
        await client.many(task, count)
        await client.one("ended")
        return float(await _until(lambda: wire.get(noted.ENDED))) - begun

    return await _paced(measure, times)


async def _retries(client: Client, task: str, times: str) -> list[float]:
    """Return how many tasks a second are done of which every second attempt fails."""

    async def measure(count: int) -> float:
        wire = noted.connect()
        wire.delete(noted.DONE)
        begun = time.time()
        await client.many(task, count)
        await _until(lambda: int(wire.get(noted.DONE) or 0) >= count or None)
        return time.time() - begun

    return await _paced(measure, times)


async def _latency(client: Client, times: str) -> list[float]:
    """Return the median of how long tasks wait for their start, one at a time (milliseconds), so many times."""
    waits: list[float] = []
    wire = noted.connect()
    wire.delete(noted.STARTS)
    for number in range(COLD + LATENCIES * int(times)):
        sent = time.time()
        await client.one("note", number)
        waits.append((await _start_of(number) - sent) * 1000)
        await asyncio.sleep(RESTS_S)
    taken = waits[COLD:]
    return [statistics.median(taken[first : first + LATENCIES]) for first in range(0, len(taken), LATENCIES)]


async def _store(client: Client) -> list[float]:
    """Store tasks that are due tomorrow, for some seconds at most; return how many."""
    ends = time.monotonic() + STORES_FOR_S
    number = 0
    while number < STORED and time.monotonic() < ends:
        number += 1
        await client.later("note", A_DAY_S, -number)
    return [number]


async def _due(client: Client) -> list[float]:
    """Return how late each task began that was due then (milliseconds), a hundred due each second."""
    noted.connect().delete(noted.STARTS)
    first = time.time() + DUE_AHEAD_S
    due = [first + DUE_EVERY_S * number for number in range(DUE)]
    for number, at in enumerate(due):
        await client.later("note", at - time.time(), number)
    return [(await _start_of(number) - at) * 1000 for number, at in enumerate(due)]


async def _start_of(number: int) -> float:
    wire = noted.connect()
    return float(await _until(lambda: wire.hget(noted.STARTS, str(number))))


async def _until(look: Callable[[], Any]) -> Any:
    """Return what is found, as soon as there is something."""
    ends = time.monotonic() + PATIENCE_S
    while (found := look()) is None:
        if time.monotonic() > ends:
            raise TimeoutError("The workers did not answer.")
        await asyncio.sleep(LOOK_S)
    return found


_VERBS: dict[str, Callable[..., Awaitable[list[float]]]] = {
    "single": _single,
    "bulk": _bulk,
    "end_to_end": _end_to_end,
    "retries": _retries,
    "latency": _latency,
    "store": _store,
    "due": _due,
}


async def main(program: str, verb: str, *words: str) -> list[float]:
    """Return what came out."""
    client: Client = importlib.import_module(program).Client()
    return await _VERBS[verb](client, *words)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(*sys.argv[1:]))) + "\n")
