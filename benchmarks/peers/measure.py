"""What does each peer come to, on the same kind of Redis and the same PostgreSQL, in the same run?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from benchmarks.figure import median
from benchmarks.home import Home
from benchmarks.idle import memory_of
from benchmarks.peers import workers
from benchmarks.peers.cases import Spread, spread
from benchmarks.peers.environments import environment
from benchmarks.peers.peer import Peer
from benchmarks.peers.servers import apart

TIMES = 5
MORE_PROCESSES = (2, 4)
SETTLES_S, WATCHED_S = 2.0, 6.0


def measure(home: Home, peer: Peer, times: int = TIMES) -> dict[str, Spread | str]:
    """Return what a peer does, warmed up.

    Raises:
        LeftOut: its environment cannot be made here.
        RuntimeError: it did not do what it was asked.
    """
    found: dict[str, Spread | str] = {}
    # Nobody works while submitting is measured: what is left over is gone with its servers.
    with _installed(home, peer) as client:
        found["single"] = client.ask("single", "noop", str(times))
        found["bulk"] = client.ask("bulk", "noop", str(times))
    with _installed(home, peer) as client:
        with workers.running(peer, client.variables) as started:
            found["noop"] = client.ask("end_to_end", "noop", str(times))
            found["latency"] = client.ask("latency", str(times))
            found["retries"] = client.ask("retries", "flaky", str(times))
            found["memory"], found["processor"] = idle(started)
        with workers.waiting(peer, client.variables):
            found["wait"] = client.ask("end_to_end", "wait", str(times))
        for processes in MORE_PROCESSES:
            with workers.running(peer, client.variables, processes):
                found[f"noop_{processes}"] = client.ask("end_to_end", "noop", str(times))
    with _installed(home, peer) as client, workers.scheduling(peer, client.variables):
        client.values("store")
        found["late"] = in_parts(client.values("due"), times)
        found["stored"] = client.ask("end_to_end", "noop", str(times))
    return found


def in_parts(values: list[float], times: int) -> Spread:
    """Return the spread of the medians of so many parts of a row of measurements."""
    parts = min(times, len(values))
    size = len(values) // parts
    return spread([median(values[first : first + size]) for first in range(0, size * parts, size)])


def idle(started: list[psutil.Process]) -> tuple[Spread, Spread]:
    """Return the memory (MB) and the processor time (percent of a core) of processes and their children at rest."""
    time.sleep(SETTLES_S)
    every = {child.pid: child for one in started for child in (one, *one.children(recursive=True))}
    before, begun = _spent_s(every), time.monotonic()
    time.sleep(WATCHED_S)
    used = 100 * (_spent_s(every) - before) / (time.monotonic() - begun)
    return spread([sum(map(memory_of, every.values()))]), spread([used])


def _spent_s(every: dict[int, psutil.Process]) -> float:
    spent = 0.0
    for process in every.values():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            times = process.cpu_times()
            spent += times.user + times.system
    return spent


@dataclass(frozen=True, slots=True)
class _Client:
    """The program that submits a peer's tasks."""

    peer: Peer
    variables: dict[str, str]

    def values(self, verb: str, *words: str) -> list[float]:
        """Return each of its measurements."""
        return workers.call(self.peer, self.variables, verb, *words)

    def ask(self, verb: str, *words: str) -> Spread:
        """Return the spread of its measurements."""
        return spread(self.values(verb, *words))


@contextmanager
def _installed(home: Home, peer: Peer) -> Iterator[_Client]:
    with apart(home) as servers:
        client = _Client(peer, {**environment(peer.lock), **servers})
        workers.install(peer, client.variables)
        yield client
