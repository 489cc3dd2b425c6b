"""How are all queues measured in one run, and how is that shown? Each case takes some seconds, one at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from benchmarks.home import Home
from benchmarks.idle import fall_asleep
from benchmarks.peers import delay_route, ours
from benchmarks.peers.cases import CASES, OURS, Results, losses, table
from benchmarks.peers.environments import LeftOut
from benchmarks.peers.measure import TIMES, measure
from benchmarks.peers.peer import PEERS, Peer, Promise

COLUMNS = 6
AT_MOST_S = 18 * 60  # a peer whose turn comes later is left out: on a busy machine the run would have no end
_OWN = Promise(
    "looked up where it had begun to act, else done again",
    "never what goes outside; what does nothing outside may be",
    "every lane of an account or a browser",
)


def measure_all(
    home: Home, peers: Sequence[Peer] = PEERS, times: int = TIMES, at_most_s: float = AT_MOST_S
) -> dict[str, Results]:
    """Return what every queue came to; Callsheet sleeps while the others are measured."""
    found: dict[str, Results] = {}
    ends = time.monotonic() + at_most_s
    _add(found, OURS, lambda: ours.measure(home, times))
    fall_asleep(home)
    try:
        _add(found, delay_route.NAME, lambda: delay_route.measure(home, times))
        for peer in peers:
            _add(found, peer.name, partial(_measure_before, ends, home, peer, times))
    finally:
        home.http.post("/api/system/wake").raise_for_status()
    return found


def _measure_before(ends: float, home: Home, peer: Peer, times: int) -> Results:
    if time.monotonic() > ends:
        raise LeftOut("the time for all peers is over")
    return measure(home, peer, times)


def _add(found: dict[str, Results], name: str, measured: Callable[[], Results]) -> None:
    """Measure one queue; one that cannot be measured here is left out, and it is said why."""
    begun = time.monotonic()
    try:
        found[name] = measured()
    except LeftOut as error:
        sys.stderr.write(f"{name} is left out: {error}\n")
        found[name] = {CASES[0].key: f"left out: {error}"}
    except (RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"{name} did not do what it was asked: {error}\n")
        found[name] = {CASES[0].key: "did not answer"}
    else:
        sys.stderr.write(f"{name}: {time.monotonic() - begun:.0f} s\n")


def render(found: Mapping[str, Results]) -> str:
    """Return the tables of all cases, where ours is behind, and what each queue promises."""
    lines: list[str] = []
    for first in range(0, len(CASES), COLUMNS):
        lines += [*table(CASES[first : first + COLUMNS], found), ""]
    behind = losses(found)
    lines += ["Where Callsheet is behind:", "", *(f"- {line}" for line in behind or ["nowhere"]), ""]
    lines += ["| queue | a task whose worker is killed | done twice? | one at a time for a key | set up by |"]
    lines += ["| --- | --- | --- | --- | --- |", _promised(OURS, _OWN, "this repository")]
    lines += [_promised(one.name, one.promise, f"<{one.source}>") for one in PEERS]
    return "\n".join(lines) + "\n"


def _promised(name: str, promise: Promise, source: str) -> str:
    return f"| {name} | {promise.killed} | {promise.twice} | {promise.exclusive} | {source} |"
