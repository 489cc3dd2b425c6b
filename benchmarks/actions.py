"""How long does an action take in a warm browser, and does its worker's memory stay flat? 500 comments in a row."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.figure import Figure, median, share_at
from benchmarks.home import Home
from benchmarks.idle import memory_of

ACTIONS = 500
WARM = 100  # by then everything that is loaded once is loaded; at both the browser has done 100 since it was started afresh
FLAT_MB = 5.0  # what may be added between the two: a leak of 13 KB a comment is detected
PATIENCE_S = 1800
POLL_S = 0.5
PLATFORM = "instagram"
MARK = "An action that is measured"

_DONE = "SELECT count(*) FROM tasks WHERE type = 'comment' AND payload->>'text' LIKE %s AND status = 'completed'"
_TOOK = """
    SELECT extract(epoch FROM a.ended_at - a.started_at) FROM attempts a JOIN tasks t ON t.id = a.task_id
    WHERE t.type = 'comment' AND t.payload->>'text' LIKE %s AND a.outcome = 'done'
"""


@dataclass(frozen=True)
class Memory:
    """A pool's memory at one moment, in MB: of its processes, without mapped files, and of Playwright's process."""

    whole: float
    own: float
    driver: float


def figures(home: Home) -> list[Figure]:
    """Return the time of an attempt, from claim to record with proof, and the memory of the pool's processes."""
    _hand_over(home)
    warm, after = _memory_after(home, WARM), _memory_after(home, ACTIONS)
    added = after.own - warm.own
    took = [float(str(row[0])) for row in home.database.execute(_TOOK, (f"{MARK}%",)).fetchall()]
    return [
        Figure(
            "A comment in a warm Chromium, from claim to record with proof, median", f"{median(took):.2f} s", "under 1.5 s"
        ),
        Figure("The same, p90", f"{share_at(took, 0.9):.2f} s"),
        Figure(f"The worker's memory after {WARM} comments", f"{warm.whole:.0f} MB"),
        Figure(f"The worker's memory after {ACTIONS} comments", f"{after.whole:.0f} MB"),
        Figure(
            f"What the {ACTIONS - WARM} between the two added: is it flat?",
            f"{added:+.1f} MB, {'yes' if added <= FLAT_MB else 'no'}",
            f"at most {FLAT_MB:.0f} MB",
        ),
        Figure(f"Playwright's process beside it, after {WARM}, {ACTIONS}", f"{warm.driver:.0f} MB, {after.driver:.0f} MB"),
    ]


def _hand_over(home: Home) -> None:
    sandbox = f"http://127.0.0.1:{home.environment['CALLSHEET_SANDBOX_PORT']}"
    posts = home.http.get(f"{sandbox}/_truth/posts", params={"platform": PLATFORM}).json()
    tasks = [
        {
            "type": "comment",
            "platform": PLATFORM,
            "account": "demo",
            "payload": {"post_url": posts[number % len(posts)]["url"], "text": f"{MARK}, number {number}."},
        }
        for number in range(ACTIONS)
    ]
    home.http.post("/api/scheduler/tasks", json={"tasks": tasks}).raise_for_status()


def _memory_after(home: Home, actions: int) -> Memory:
    """Return the memory of the pool once so many are done."""
    ends = time.monotonic() + PATIENCE_S
    while (found := home.database.execute(_DONE, (f"{MARK}%",)).fetchone()) is None or int(str(found[0])) < actions:
        if time.monotonic() > ends:
            message = f"{actions} comments were not done within {PATIENCE_S} s."
            raise TimeoutError(message)
        time.sleep(POLL_S)
    # Where parts are not forked they are Celery by their arguments, with the node's name among them.
    workers = [one for one in home.processes() if {f"pool-{PLATFORM}", f"{PLATFORM}@local"} & set(_words(one).split())]
    children = {child for worker in workers for child in worker.children(recursive=True)}
    drivers = [child for child in children if "run-driver" in _words(child)]
    return Memory(sum(map(memory_of, workers)), sum(map(_own_of, workers)), sum(map(memory_of, drivers)))


def _own_of(process: psutil.Process) -> float:
    """Return a process's memory (MB) without mapped files: its share of those depends on how many others map them."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup")
    if not rollup.exists():
        return float(process.memory_full_info().uss) / 1e6
    return next(int(line.split()[1]) * 1024 / 1e6 for line in rollup.read_text().splitlines() if "Pss_Anon:" in line)


def _words(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return " ".join(process.cmdline())
    return ""
