"""What do 200,000 parked tasks cost those that are ready?"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import redis

from benchmarks import host, stored
from benchmarks.figure import Figure, median, p99
from benchmarks.home import Home
from benchmarks.tick import leading
from workers.dispatcher import Loop

PARKED = 200_000
TICKS = 500
TIMES = 20
MARK = "bench:waiting"
NEVER = {"type": "probe", "payload": {"lane": "system"}, "scheduled_for": "2090-01-01T00:00:00Z"}

# As the dispatcher parks them, ten minutes ago: due for a sweep.
_PARK = """
    WITH parked AS (
        UPDATE tasks SET wake_key = 'task:' || %(needs)s, parked_at = now() - interval '10 minutes'
        WHERE correlation_id = %(mark)s RETURNING id, workspace_id
    )
    INSERT INTO task_dependencies (task_id, depends_on_id, workspace_id)
    SELECT id, CAST(%(needs)s AS uuid), workspace_id FROM parked
"""
_LANE = "INSERT INTO lanes (name, concurrency) VALUES (%(lane)s, 1) ON CONFLICT DO NOTHING"
_WORKER = """
    INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)
    VALUES (%(mark)s, 'bench', 'bench', 1, '', ARRAY[%(lane)s], 1, now() + interval '1 hour')
"""
_AWAKE = "SELECT count(*) FROM tasks WHERE correlation_id = %(mark)s AND wake_key IS NULL"
_TAKEN = "SELECT extract(epoch FROM released_at - created_at)::float8 FROM tasks WHERE id = %s AND status = 'queued'"
_END = "UPDATE tasks SET status = 'cancelled', finished_at = now() WHERE id = %s"


@dataclass(slots=True)
class _Seen:
    """The times of each (milliseconds)."""

    ticks: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    explained: list[float] = field(default_factory=list)


def figures(home: Home) -> list[Figure]:
    """Measure ticks that sweep, a comment that is ready behind them all on their own line, and what is reported."""
    before = asyncio.run(_ticks_of(home))
    values = {"mark": MARK, "lane": host.LANE, "needs": _submitted(home, NEVER)}
    stored.store(home, [host.place(home)], PARKED, stored.Sort("comment", stored.COMMENT, MARK))
    home.database.execute("SET session_replication_role = replica")
    home.database.execute(_PARK, values)
    home.database.execute("RESET session_replication_role")
    for statement in (_LANE, _WORKER):
        home.database.execute(statement, values)
    home.database.execute("VACUUM ANALYZE tasks, task_dependencies")
    try:
        seen = asyncio.run(_watch(home))
        assert home.database.execute(_AWAKE, values).fetchone() == (0,), "A parked task was woken in vain."
    finally:
        home.database.execute("DELETE FROM workers WHERE id = %(mark)s", values)
        home.database.execute("SET session_replication_role = replica")
        home.database.execute("DELETE FROM task_dependencies WHERE depends_on_id = CAST(%(needs)s AS uuid)", values)
        home.database.execute("DELETE FROM tasks WHERE correlation_id = %(mark)s", values)
        home.database.execute("RESET session_replication_role")
        redis.Redis.from_url(home.redis_url).delete(host.LANE)
    what = "200,000 parked tasks in one line:"
    return [
        Figure(f"{what} a tick, every second of which sweeps, median", f"{median(seen.ticks):.1f} ms", "under 10 ms"),
        Figure("The same before they are stored, median", f"{median(before):.1f} ms"),
        Figure(f"{what} a tick, p99", f"{p99(seen.ticks):.1f} ms"),
        Figure(f"{what} a comment that is ready behind them, POST to release, slowest of 20", _ms(seen.starts), "under 1 s"),
        Figure(f"{what} `explain` of it and of a parked one, slowest", _ms(seen.explained)),
    ]


def _ms(took: list[float]) -> str:
    return f"{max(took):.0f} ms"


def _submitted(home: Home, order: dict[str, Any]) -> str:
    answer = home.http.post("/api/scheduler/task", json=order)
    answer.raise_for_status()
    return str(answer.json()["id"])


async def _ticks_of(home: Home) -> list[float]:
    async with leading(home) as loop:
        return await _ticks(loop)


async def _ticks(loop: Loop) -> list[float]:
    took = []
    for _ in range(TICKS):
        await loop.round()
        took.append(loop.lag_ms)
    return took


async def _watch(home: Home) -> _Seen:
    seen = _Seen()
    async with leading(home) as loop:
        seen.ticks = await _ticks(loop)
        for number in range(TIMES):
            await _start(home, loop, seen, number)
    return seen


async def _start(home: Home, loop: Loop, seen: _Seen, number: int) -> None:
    """Submit a comment behind all others, ask what is said, and lead until it is released."""
    [origin] = home.database.execute("SELECT origin FROM accounts WHERE handle = %s", (host.NAME,)).fetchone() or [""]
    payload = {"post_url": f"{origin}/p/{number}/", "text": f"What a light in number {number}."}
    begun = time.monotonic()
    task = _submitted(home, {"type": "comment", "platform": host.PLATFORM, "account": host.NAME, "payload": payload})
    asked = time.monotonic()
    _explain(home, seen, task, closed=[], starts=True)
    [parked] = home.database.execute("SELECT id::text FROM tasks WHERE wake_key IS NOT NULL LIMIT 1").fetchone() or [""]
    _explain(home, seen, str(parked), closed=["dependencies"], starts=False)
    asking = time.monotonic() - asked
    while home.database.execute(_TAKEN, (task,)).fetchone() is None:
        await loop.round()
    seen.starts.append((time.monotonic() - begun - asking) * 1000)
    home.database.execute(_END, (task,))


def _explain(home: Home, seen: _Seen, task: str, *, closed: list[str], starts: bool) -> None:
    begun = time.monotonic()
    said = home.http.get(f"/api/scheduler/task/{task}/explain").json()
    seen.explained.append((time.monotonic() - begun) * 1000)
    found = [gate["gate"] for gate in said["gates"] if not gate["open"]]
    assert (found, said["expected_start"] is not None) == (closed, starts), said
