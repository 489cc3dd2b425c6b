"""What does it cost to open an account with 10,000 tasks behind it?"""

from __future__ import annotations

import asyncio
import time

import redis

from benchmarks import host, stored
from benchmarks.figure import Figure, median
from benchmarks.home import Home
from benchmarks.tick import leading

PARKED = 10_000
TIMES = 40
MARK = "bench:parked"

_WORKER = """
    INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)
    VALUES (%(mark)s, 'bench', 'bench', 1, '', ARRAY[%(lane)s], 1, now() + interval '1 hour')
"""
_LANE = "INSERT INTO lanes (name, concurrency) VALUES (%(lane)s, 1) ON CONFLICT DO NOTHING"
_BACK = "UPDATE tasks SET status = 'pending' WHERE status = 'queued' AND lane = %(lane)s"


def figures(home: Home) -> list[Figure]:
    """Pause and resume again and again: measure the request, and the tick that releases the first tasks."""
    stored.fill(home)
    values = {"mark": MARK, "lane": host.LANE}
    stored.store(home, [host.place(home)], PARKED, stored.Sort("comment", stored.COMMENT, MARK))
    for statement in (_LANE, _WORKER):
        home.database.execute(statement, values)
    home.database.execute("ANALYZE tasks")
    try:
        asked, ticked = asyncio.run(_open_often(home))
    finally:
        home.database.execute("DELETE FROM workers WHERE id = %(mark)s", values)
        home.database.execute("DELETE FROM tasks WHERE correlation_id = %(mark)s", values)
        redis.Redis.from_url(home.redis_url).delete(host.LANE)
    what = "10,000 tasks behind one account, opened:"
    return [
        Figure(f"{what} POST to its answer, median", f"{median(asked):.1f} ms", "under 10 ms"),
        Figure(f"{what} the tick that releases the first, median", f"{median(ticked):.1f} ms", "under 10 ms"),
    ]


async def _open_often(home: Home) -> tuple[list[float], list[float]]:
    asked, ticked = [], []
    scope = {"scope": f"account:{host.PLATFORM}/{host.NAME}"}
    async with leading(home) as loop:
        for _ in range(TIMES):
            home.http.post("/api/scheduler/pause", json=scope).raise_for_status()
            home.database.execute(_BACK, {"lane": host.LANE})
            await loop.round()
            sent = time.monotonic()
            home.http.post("/api/scheduler/resume", json=scope).raise_for_status()
            asked.append((time.monotonic() - sent) * 1000)
            await loop.round()
            ticked.append(loop.lag_ms)
            found = home.database.execute("SELECT count(*) FROM tasks WHERE status = 'queued' AND lane = %s", (host.LANE,))
            assert found.fetchone() == (2,), "The tick after the opening has released nothing."
    return asked, ticked
