"""How is the home's Redis started and checked without a supervisor?"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cli.local.servers.wire import prepare
from cli.local.wait import wait_for
from shared.errors import Transient
from shared.settings import program_environment


def answers(url: str) -> bool:
    """Return whether the server answers PING now."""
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
    with suppress(redis.RedisError, OSError), client:
        return bool(client.ping())
    return False


def make_ready(url: str, *, seconds: float = 15) -> None:
    """Wait until the home's server answers.

    Raises:
        Transient: it did not in time.
    """
    if not wait_for(lambda: answers(url), seconds=seconds):
        raise Transient(message=f"Redis did not answer within {seconds:g} s; its log is logs/redis.log in the home.")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that was started without the supervisor; for tests and benchmarks."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the server; it stores nothing that would take time."""
        self.process.kill()
        self.process.wait()


def start(home: Path, *, more: str = "") -> Running:
    """Start Redis without a supervisor, and wait until it answers. `more`: lines beyond the home's configuration.

    Raises:
        NotConfigured: there is no Redis on this machine.
        Transient: it did not answer within 15 s.
    """
    home.mkdir(parents=True, exist_ok=True)
    wire = prepare(home)
    with (wire.folder / "redis.conf").open("a") as configuration:
        configuration.write(more)
    with (home / "redis.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own words, no shell
            wire.part().command_for(home),
            cwd="/",
            env=program_environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    running = Running(wire.url, process)
    try:
        make_ready(wire.url)
    except BaseException:
        running.stop()
        raise
    return running
