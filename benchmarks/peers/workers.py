"""How is a peer run: its workers, and its client?"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from benchmarks.peers.environments import PROGRAMS
from benchmarks.peers.peer import Peer

ENDS_WITHIN_S = 5
PATIENCE_S = 240


def call(peer: Peer, environment: Mapping[str, str], *words: str) -> list[float]:
    """Return what the peer's client measured."""
    command = [*_client(peer, environment), *words]
    done = subprocess.run(
        command, cwd=PROGRAMS, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{peer.name}, {' '.join(words)}: {done.stderr[-2000:]}")
    found: Any = json.loads(done.stdout.splitlines()[-1])
    return [float(value) for value in found]


def install(peer: Peer, environment: Mapping[str, str]) -> None:
    """Make the tables that a peer needs."""
    if peer.is_installed_by:
        subprocess.run(shlex.split(peer.is_installed_by), cwd=PROGRAMS, env=environment, check=True, capture_output=True)


@contextmanager
def running(peer: Peer, environment: Mapping[str, str], processes: int = 1) -> Iterator[list[psutil.Process]]:
    """Run the peer's workers for tasks that compute; they are ended at the end."""
    commands = [peer.busy] * (processes if peer.each else 1)
    with _started(peer, environment, commands, processes) as started:
        yield started


@contextmanager
def waiting(peer: Peer, environment: Mapping[str, str]) -> Iterator[list[psutil.Process]]:
    """Run one of the peer's workers for tasks that wait."""
    with _started(peer, environment, [peer.waiting], 1) as started:
        yield started


@contextmanager
def scheduling(peer: Peer, environment: Mapping[str, str]) -> Iterator[list[psutil.Process]]:
    """Run one of the peer's workers, and what it needs besides for tasks that are due later."""
    with _started(peer, environment, [peer.busy, *filter(None, [peer.beside])], 1) as started:
        yield started


@contextmanager
def _started(
    peer: Peer, environment: Mapping[str, str], commands: list[str], processes: int
) -> Iterator[list[psutil.Process]]:
    started = [_start(peer, environment, shlex.split(command.format(processes=processes))) for command in commands]
    try:
        yield [psutil.Process(one.pid) for one in started]
    finally:
        for one in started:
            one.terminate()
        for one in started:
            _end(one)


def _start(peer: Peer, environment: Mapping[str, str], words: list[str]) -> subprocess.Popen[bytes]:
    if words[0] == peer.program:
        words[:1] = _client(peer, environment)
    return subprocess.Popen(
        words,
        cwd=PROGRAMS,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(started: subprocess.Popen[bytes]) -> None:
    """Wait until a worker has stopped as it was asked to; what is left of its own session after that is killed."""
    with suppress(subprocess.TimeoutExpired):
        started.wait(ENDS_WITHIN_S)
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def _client(peer: Peer, environment: Mapping[str, str]) -> list[str]:
    if peer.program.endswith(".mjs"):
        return ["node", _beside_packages(peer, environment)]
    return ["python", "submit.py", peer.program.removesuffix(".py")]


def _beside_packages(peer: Peer, environment: Mapping[str, str]) -> str:
    """Copy the program beside the packages that it imports, and return where: Node looks for them from there upward."""
    return str(shutil.copy(PROGRAMS / peer.program, environment["BENCH_NODE"]))
