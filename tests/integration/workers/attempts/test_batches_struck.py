"""Is each of very many probes done once and only once, and told of without a gap, while all that carries them is killed?

The long form of `test_batch_crashes`: `pytest --long -m long --probes 20000 tests/integration/workers/attempts`.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest
import redis
import structlog

from cli.local.port import kept_or_free
from shared.identity.bootstrap import bootstrap_local
from tests.support.batch_points import POINTS
from tests.support.batch_proof import answers, assert_once_and_only_once
from tests.support.stack import Stack, wait_for

log = structlog.get_logger()
pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3600)]

IN_BULK = 2_500
STRIKES = 60  # spread over all that is done
PROBE = {"type": "probe", "payload": {"lane": "system"}}
_DONE = "SELECT count(*) AS n FROM tasks WHERE type = 'probe' AND status = 'completed'"
_LEFT = """
    SELECT count(*) AS n FROM tasks WHERE type = 'probe' AND timetable_entry IS NULL AND status <> 'completed'
"""


@dataclass
class Strikes:
    """What is killed, one thing after the other for as long as it goes on, and how often each was."""

    stack: Stack
    folder: Path
    port: str
    each: int
    count: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)
    trouble: list[BaseException] = field(default_factory=list)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Strike beside what is done within."""
        thread = threading.Thread(target=self._go_on)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join()
        for note in self.folder.iterdir():
            if note.name in POINTS:
                self.count[note.name] += 1
        assert self.trouble == []

    def _go_on(self) -> None:
        others: dict[str, Callable[[], None]] = {
            "child": self._kill_child,
            "parent": lambda: self._start_anew("system", lambda: self.stack.start_pool("system")),
            "dispatcher": lambda: self._start_anew("beat", self.stack.start_beat),
            "gateway": lambda: self._start_anew("gateway", self.start_gateway),
            "redis": self._flush,
        }
        try:
            for point, (name, strike) in zip(itertools.cycle(POINTS), itertools.cycle(others.items()), strict=False):
                if not self._some_more_are_done():
                    return
                strike()
                self.count[name] += 1
                if (note := self.folder / point).exists():
                    note.unlink()  # the next process that comes to this point is killed there
                    self.count[point] += 1
        except BaseException as error:  # noqa: BLE001 - reported by the test
            self.trouble.append(error)

    def _some_more_are_done(self) -> bool:
        """Wait until some more are done than at the last strike, however long starting anew takes; False: it is over."""
        before = self.stack.query(_DONE)[0]["n"]
        while not self.over.wait(0.1):
            if self.stack.query(_DONE)[0]["n"] >= before + self.each:
                return True
        return False

    def start_gateway(self) -> None:
        """A gateway on the same port as ever."""
        self.stack.start("gateway", "-m", "api", kind="gateway", CALLSHEET_PORT=self.port)

    def _start_anew(self, name: str, start: Callable[[], None]) -> None:
        process = self.stack.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        start()

    def _kill_child(self) -> None:
        for child in psutil.Process(self.stack.processes["system"].pid).children():
            child.kill()
            return

    def _flush(self) -> None:
        redis.Redis.from_url(self.stack.settings.redis_url).flushall()


def submitted(port: str, key: str, count: int) -> list[UUID]:
    """Ask for so many probes in bulk, each bulk until it is answered: under its key it is stored once."""
    ids: list[UUID] = []
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30, trust_env=False) as http:
        for first in range(0, count, IN_BULK):
            body: dict[str, object] = {"tasks": [PROBE] * min(IN_BULK, count - first)}

            found = wait_for(f"bulk {first} is answered", partial(_answered, http, body, f"bulk-{first}"), seconds=120)
            ids += [UUID(task) for task in found or ()]
    return ids


def _answered(http: httpx.Client, body: dict[str, object], key: str) -> list[str] | None:
    try:
        answer = http.post("/api/scheduler/tasks", json=body, headers={"Idempotency-Key": key})
    except httpx.TransportError:
        return None
    found: list[str] | None = answer.json()["ids"] if answer.status_code == 201 else None
    return found


def test_each_of_very_many_is_done_once_whatever_is_killed_meanwhile(
    engine: Stack, tmp_path: Path, pytestconfig: pytest.Config
):
    folder = tmp_path / "struck"
    folder.mkdir()
    engine.celery_app = "tests.support.batch_crash_app"
    engine.environment = {"CRASH_FOLDER": str(folder)}
    engine.query("DELETE FROM api_keys")
    key, port = str(bootstrap_local(engine.settings, []).api_key), str(kept_or_free(None))
    count = int(pytestconfig.getoption("--probes"))
    strikes = Strikes(engine, folder, port, count // STRIKES)
    engine.start_keeper()
    engine.start_beat()
    engine.start_pool("system")
    strikes.start_gateway()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        wait_for("the gateway answers", lambda: answers(http), seconds=60)
    (folder / "armed").touch()
    begun = time.monotonic()
    with strikes.going_on():
        ids = submitted(port, key, count)
        wait_for("few are left", lambda: engine.query(_LEFT)[0]["n"] < IN_BULK, seconds=3000, every=1)
    (folder / "armed").unlink()
    wait_for("all are completed", lambda: engine.query(_LEFT)[0]["n"] == 0, seconds=240, every=0.5)
    took = time.monotonic() - begun
    assert len(ids) == len(set(ids)) == count
    stored = engine.query("SELECT count(*) AS n FROM tasks WHERE type = 'probe' AND timetable_entry IS NULL")
    assert stored == [{"n": count}]
    assert_once_and_only_once(engine, ids)
    lost = engine.query("SELECT count(*) AS n FROM attempts WHERE outcome = 'lost'")[0]["n"]
    log.info("batches.struck", probes=count, seconds=round(took), attempts_lost=lost, strikes=dict(strikes.count))
    assert not {*POINTS, "child", "parent", "dispatcher", "gateway", "redis"} - {*strikes.count}
