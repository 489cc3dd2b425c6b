"""How busy is a lane that does one task at a time? 200 tasks of 250 ms on a browser lane of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import host, stored
from benchmarks.figure import Figure
from benchmarks.home import ROOT, Home
from connectors.pools import find_pool
from workers.pools import command

TASKS = 200
PATIENCE_S = 120
MARK = "bench:exclusive"

_DONE = "SELECT count(*) FROM tasks WHERE correlation_id = %(mark)s AND status = 'completed'"
_BUSY = """
    SELECT sum(extract(epoch FROM a.ended_at - a.started_at))
           / extract(epoch FROM max(a.ended_at) - min(a.started_at)) * 100
    FROM attempts a JOIN tasks t ON t.id = a.task_id WHERE t.correlation_id = %(mark)s
"""


def figures(home: Home) -> list[Figure]:
    """Return the share of the time, from the first claim to the last record, in which an attempt was open."""
    place = host.place(home)
    with _served(home):
        stored.store(home, [place], TASKS, stored.Sort("comment", stored.COMMENT, MARK))
        _until_completed(home)
    found = home.database.execute(_BUSY, {"mark": MARK}).fetchone()
    assert found is not None
    busy = float(str(found[0]))
    return [Figure("Exclusive lane, 200 tasks of 250 ms one after another: busy", f"{busy:.1f} %", "at least 97 %")]


@contextmanager
def _served(home: Home) -> Iterator[None]:
    """Run a pool like any other for the lane, with one executor replaced."""
    settings = home.settings.model_copy(update={"host_name": host.NAME, "pool": host.PLATFORM})
    words = command(find_pool(settings, host.PLATFORM), settings)
    words[words.index("workers.tasks")] = "benchmarks.exclusive_app"
    environment = settings.environment_for("pool")
    worker = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(30)


def _until_completed(home: Home) -> None:
    ends = time.monotonic() + PATIENCE_S
    while home.database.execute(_DONE, {"mark": MARK}).fetchone() != (TASKS,):
        if time.monotonic() > ends:
            message = f"The lane's tasks were not done within {PATIENCE_S} s."
            raise TimeoutError(message)
        time.sleep(0.5)
