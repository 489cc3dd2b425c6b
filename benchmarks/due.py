"""How late are tasks released, while 500 fall due each second and a million others are stored?"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from benchmarks import stored
from benchmarks.figure import Figure, median, p99
from benchmarks.home import Home
from benchmarks.idle import memory_of

A_SECOND = 500
SECONDS = 60
AHEAD = timedelta(seconds=8)
PATIENCE_S = 60
MARK = "bench:due"

_OPEN = "SELECT EXISTS (SELECT FROM tasks WHERE correlation_id = %(mark)s AND status <> 'completed')"
_LATE = """
    SELECT extract(epoch FROM released_at - scheduled_for) * 1000 FROM tasks
    WHERE correlation_id = %(mark)s AND release_seq = 1
"""


def figures(home: Home) -> list[Figure]:
    """Measure probes of several workspaces, released by the home's dispatcher and done by its workers."""
    places = [stored.Place(workspace, "system") for workspace in stored.fill(home)]
    count, first = A_SECOND * SECONDS, datetime.now(UTC) + AHEAD
    stored.store(home, places, count, stored.Sort("probe", {"lane": "system"}, MARK), first=first, step_s=1 / A_SECOND)
    time.sleep((first - datetime.now(UTC)).total_seconds() + SECONDS)
    _until_completed(home)
    late = [float(str(row[0])) for row in home.database.execute(_LATE, {"mark": MARK}).fetchall()]
    assert len(late) == count, f"{count} tasks were released {len(late)} times."
    what = f"{A_SECOND} tasks due each second for {SECONDS} s, 1,000,000 others stored:"
    return [
        Figure(f"{what} lateness of release, median", f"{median(late):.0f} ms"),
        Figure(f"{what} lateness of release, p99", f"{p99(late):.0f} ms", "under 50 ms"),
        Figure("Memory of the dispatcher after it", f"{memory_of(home.dispatcher()):.0f} MB", "under 200 MB"),
    ]


def _until_completed(home: Home) -> None:
    ends = time.monotonic() + PATIENCE_S
    while home.database.execute(_OPEN, {"mark": MARK}).fetchone() != (False,):
        if time.monotonic() > ends:
            message = f"Not all due tasks were done within {PATIENCE_S} s."
            raise TimeoutError(message)
        time.sleep(1)
