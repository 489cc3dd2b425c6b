"""How does a run of chaos go? Work and faults side by side, then healing and rest, then the checker."""

from __future__ import annotations

import heapq
import itertools
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from tests.chaos.checker import KINDS, Verdict, check
from tests.chaos.faults import Planned, plan, strike
from tests.chaos.history import Limit
from tests.chaos.house import LIMITED, PLATFORMS, House, say
from tests.chaos.ledger import bites, read_history, story
from tests.chaos.load import Load, browsed, requests
from tests.chaos.person import Person
from tests.chaos.probes import Probes

SETTLES_S = 60  # everything that can be read back is known so long after the last fault
EACH_S = 30.0  # a busy machine works off what has come meanwhile more slowly; what is stuck does not get less
LONGEST_BACKLOG_S = 600.0
FAULT_EVERY_S = 7.5
TASKS_PER_S = 4.2
MOST_STORIES = 5
MARKER = re.compile(r"chaos \d+ \w+")


@dataclass(frozen=True)
class Size:
    """How much a run holds. The last minute of a long run, and the last third of a short one, is rest."""

    strikes_s: float
    faults: int
    tasks: int
    limited: int
    limit: Limit

    @classmethod
    def of(cls, seconds: float) -> Size:
        """The size of a run of this length."""
        long = seconds >= 300
        strikes_s = seconds - SETTLES_S if long else seconds * 0.6
        faults = int(strikes_s / FAULT_EVERY_S) if long else 14
        limit = Limit(60, 4, 1.0) if long else Limit(60, 3, 1.0)
        return cls(strikes_s, faults, int(strikes_s * TASKS_PER_S), 100 if long else 20, limit)


def run(seconds: float, seed: int, folder: Path, *, faults: bool = True, through_browser: int = 0, only: str = "") -> bool:
    """Run, print what happened, and answer whether nothing was violated. `through_browser`: so many tasks more.

    `only`: this kind of fault alone.
    """
    size = Size.of(seconds)
    house = House(folder, browsed=through_browser > 0)
    try:
        house.start()
        limits = _set_limits(house, size.limit)
        wanted = requests(seed, size.strikes_s * 0.95, size.tasks, size.limited)
        wanted += browsed(seed, size.strikes_s * 0.95, through_browser)
        load = Load(house.gateway_url, house.api_key, sorted(wanted, key=lambda one: one.at))
        probes = Probes(house, seed)
        person = house.person = Person(house, load, probes)
        planned = plan(seed, size.strikes_s, size.faults, browsed=through_browser > 0, only=only) if faults else []
        begun = time.time()
        load.start()
        probes.start()
        struck = _strike_all(house, planned, begun)
        _wait_until(begun + size.strikes_s)
        person.end()
        healed = time.time()
        say(begun, "all is healed")
        load.finish(SETTLES_S / 2)
        probes.finish()
        _cancel_limited(house)
        # While everything was paused nothing was done: what came meanwhile is still to be done then.
        paused_s = sum(span.resumed - span.back for span in person.spans)
        settled = _settle(house, healed + SETTLES_S + paused_s)
        say(begun, "all has settled" if settled else "not all has settled")
        person.stop()
        history = read_history(house, load.asked.values(), limits, len(struck), person.spans)
        verdict = check(history)
        _report(house, verdict, struck, load)
        missed = _report_probes(probes)
        sys.stdout.writelines(f"{trouble}\n" for trouble in person.troubles)
        return not verdict.violations and not load.refused and not person.troubles and not missed
    finally:
        house.stop()


def _strike_all(house: House, planned: list[Planned], begun: float) -> list[Planned]:
    """Begin each fault at its time, and heal it at its time; answers those that struck somebody."""
    numbers = itertools.count()
    todo: list[tuple[float, int, str, Callable[[], Any]]] = []
    struck: list[Planned] = []

    def begin(one: Planned) -> None:
        heal = strike(house, one)
        say(begun, f"{one.kind.name}: {one.target}{'' if heal else ' (nobody to strike)'}")
        if heal is not None:
            struck.append(one)
            words = f"  healed: {one.kind.name}" if one.lasts_s else ""
            heapq.heappush(todo, (time.time() - begun + one.lasts_s, next(numbers), words, heal))

    for one in planned:
        heapq.heappush(todo, (one.at, next(numbers), "", partial(begin, one)))
    while todo:
        at, _, words, act = heapq.heappop(todo)
        _wait_until(begun + at)
        act()
        if words:
            say(begun, words)
    return struck


def _wait_until(instant: float) -> None:
    time.sleep(max(0, instant - time.time()))


def _set_limits(house: House, limit: Limit) -> dict[tuple[str, str], Limit]:
    rules = {"rules": [{"action": "dm", "window_s": int(limit.window_s), "max": limit.most}]}
    body = rules | {"spacing_s": [limit.spacing_s, limit.spacing_s * 2]}
    persona = house.stack.query("SELECT id FROM personas")[0]["id"]
    with _client(house) as http:
        # Real accounts of one persona share a budget by default; here each account has its own or none.
        http.put("/api/limits", params={"scope": f"persona:{persona}"}, json={"rules": []}).raise_for_status()
        for platform in PLATFORMS:
            http.put("/api/limits", params={"scope": f"account:{platform}/{LIMITED}"}, json=body).raise_for_status()
    return {(platform, LIMITED): limit for platform in PLATFORMS}


def _client(house: House) -> httpx.Client:
    headers = {"Authorization": f"Bearer {house.api_key}"}
    return httpx.Client(base_url=house.gateway_url, headers=headers, timeout=10, trust_env=False, verify=False)


def _cancel_limited(house: House) -> None:
    """What still waits for a budget would wait for minutes: it is cancelled, and must then never arrive."""
    waiting = house.stack.query(
        "SELECT t.id FROM tasks t JOIN accounts a ON a.id = t.account_id"
        " WHERE a.handle = %(handle)s AND t.status IN ('pending', 'scheduled', 'queued') AND NOT t.acted",
        handle=LIMITED,
    )
    with _client(house) as http:
        for row in waiting:
            _cancel(http, row["id"])


@retry(retry=retry_if_exception_type(httpx.TransportError), stop=stop_after_attempt(5), wait=wait_fixed(0.5), reraise=True)
def _cancel(http: httpx.Client, task: str) -> None:
    """Cancel a task, though the gateway closes a connection on which a slow machine has sent nothing for seconds."""
    http.delete(f"/api/scheduler/task/{task}")


def _settle(house: House, until: float) -> bool:
    """Wait until nothing is left to do; beyond `until` for as long as each half minute leaves less of it."""
    open_tasks = (
        "SELECT count(*) AS n FROM tasks WHERE type IN ('dm', 'probe')"
        " AND status NOT IN ('completed', 'failed', 'cancelled')"
        " AND NOT (status = 'unknown' AND verify_at IS NULL AND doubted_at IS NULL)"
    )
    left = before = int(house.stack.query(open_tasks)[0]["n"])
    ends = time.time() + LONGEST_BACKLOG_S
    while left and time.time() < min(until, ends):
        time.sleep(0.5)
        left = int(house.stack.query(open_tasks)[0]["n"])
        if time.time() >= until and left < before:
            before, until = left, time.time() + EACH_S
    return left == 0


def _report(house: House, verdict: Verdict, struck: list[Planned], load: Load) -> None:
    _table("counters", verdict.counters | {"requests": load.tries})
    _table(f"faults, {len(struck)} in all", Counter(one.kind.family for one in struck))
    _table("what they did", bites(house))
    _table("violations", {kind: verdict.count(kind) for kind in KINDS})
    for words in (*load.refused[:MOST_STORIES], *verdict.violations[:20]):
        sys.stdout.write(f"{words}\n")
    for marker in sorted(_struck_markers(verdict))[:MOST_STORIES]:
        sys.stdout.write("\n".join([marker, *story(house, marker), ""]))


def _report_probes(probes: Probes) -> int:
    """Print what became of the probes; answers how much of it must never be."""
    violations = list(probes.violations())
    _table("probes", probes.counted() | {"violations": len(violations)})
    sys.stdout.writelines(f"{words}\n" for words in violations[:20])
    return len(violations)


def _struck_markers(verdict: Verdict) -> set[str]:
    return {found[0] for words in verdict.violations if (found := MARKER.search(words))}


def _table(title: str, rows: Mapping[str, int]) -> None:
    sys.stdout.write(f"\n{title}\n")
    for name, value in rows.items():
        sys.stdout.write(f"  {name:<18} {value:>6}\n")
    sys.stdout.write("\n")
