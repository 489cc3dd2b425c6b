"""Did anything happen that must never happen? The counters of Jepsen's total queue, and what a scheduler must hold besides.

A pure function of a run's history. Every violation is one sentence that begins with its kind.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.chaos.history import Arrival, Asked, AttemptRow, History, TaskRow

OVER = {"completed", "failed", "cancelled"}
# States that a task gets from an attempt that ends, or from whoever closes one that is lost.
STALLED_S = 60  # twice as long as the longest fault
KEYED = "keyed"  # the platform that makes nothing twice under one key
CALL_S = 5  # how long after its process was told to end, or PostgreSQL was lost, a call may arrive
LEFT = {"completed", "failed", "unknown", "scheduled", "pending", "cancelled"}
KINDS = (
    "lost", "twice", "unexpected", "early", "over budget", "overlap", "stale", "stuck", "stalled",
    "unaccounted", "unfounded", "denied", "unknown", "not shown", "too many unknown",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """Jepsen's counters, and what was violated."""

    counters: dict[str, int]
    violations: tuple[str, ...]

    def count(self, kind: str) -> int:
        """How many violations of one kind."""
        return sum(violation.startswith(f"{kind}:") for violation in self.violations)


class _Index:
    """A history by what it is asked for."""

    def __init__(self, history: History) -> None:
        self.task_of = {task.id: task for task in history.tasks}
        self.tasks_by_marker = _grouped(history.tasks, "marker")
        self.arrived = _grouped([a for a in history.arrivals if not a.repeated], "marker")
        self.asked = {one.marker: one for one in history.asked}
        self.attempts = _grouped(sorted(history.attempts, key=lambda a: (a.began, a.id)), "task")
        self.effects = _grouped(history.effects, "task")


def check(history: History) -> Verdict:
    """Look at everything."""
    index = _Index(history)
    looks = (_queue, _early, _over_budget, _overlap, _stale, _stuck, _stalled, _ledger, _unknown)
    violations = tuple(violation for look in looks for violation in look(history, index))
    return Verdict(_counters(history, index), violations)


def _counters(history: History, index: _Index) -> dict[str, int]:
    acknowledged = {one.marker for one in history.asked if one.ids}
    arrived = index.arrived.keys()
    return {
        "attempted": len(history.asked),
        "acknowledged": len(acknowledged),
        "ok": len(arrived & index.asked.keys()),
        "recovered": len((arrived & index.asked.keys()) - acknowledged),
        "duplicated": sum(len(rows) > 1 for rows in index.arrived.values()),
        "unexpected": len(arrived - index.asked.keys()),
        "repeated": sum(arrival.repeated for arrival in history.arrivals),
        "effects": sum(len(rows) for rows in index.arrived.values()),
    } | dict(sorted(Counter(task.status for task in history.tasks).items()))


def _queue(history: History, index: _Index) -> Iterator[str]:
    for one in history.asked:
        rows = index.tasks_by_marker.get(one.marker, [])
        if one.ids and not rows:
            yield f"lost: {one.marker} was acknowledged and is no task"
        if len(rows) > 1 or len(set(one.ids)) > 1:
            yield f"twice: {one.marker} became {len(rows)} tasks, answered as {len(set(one.ids))}"
        for task in rows:
            yield from _end(task, one, history, arrived=one.marker in index.arrived)
    for marker, arrivals in index.arrived.items():
        if marker not in index.asked:
            yield f"unexpected: {marker} arrived and nobody asked for it"
        if len(arrivals) > 1:
            yield f"twice: {marker} arrived {len(arrivals)} times"


def _end(task: TaskRow, asked: Asked, history: History, *, arrived: bool) -> Iterator[str]:
    if task.status == "completed" and not arrived:
        yield f"lost: {task.marker} is completed and never arrived"
    if task.status == "failed":
        yield f"lost: {task.marker} failed as {task.code}"
    if task.status == "cancelled" and (asked.platform, asked.account) not in history.limits:
        yield f"lost: {task.marker} is cancelled, and only what waits for a budget was"
    if task.status == "cancelled" and arrived:
        yield f"unexpected: {task.marker} is cancelled and arrived"


def _early(history: History, index: _Index) -> Iterator[str]:
    for marker, arrivals in index.arrived.items():
        asked = index.asked.get(marker)
        due = None if asked is None else asked.scheduled_for or asked.at
        if due is not None and (at := min(a.at for a in arrivals)) < due:
            yield f"early: {marker} arrived {due - at:.3f} s before its time"


def _over_budget(history: History, index: _Index) -> Iterator[str]:
    by_account: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for arrival in itertools.chain.from_iterable(index.arrived.values()):
        by_account[arrival.platform, arrival.account].append(arrival)
    for account, limit in history.limits.items():
        times = sorted(arrival.at for arrival in by_account[account])
        for end in times:
            count = sum(end - limit.window_s < at <= end for at in times)
            if count > limit.most:
                yield f"over budget: {account} had {count} within {limit.window_s:g} s, and {limit.most} are allowed"
        for before, after in itertools.pairwise(times):
            if after - before < limit.spacing_s:
                yield f"over budget: {account} had two within {after - before:.3f} s, {limit.spacing_s:g} s are its pause"


def _overlap(history: History, index: _Index) -> Iterator[str]:
    for task, attempts in index.attempts.items():
        for before, after in itertools.pairwise(attempts):
            if before.ended is None or after.began < before.ended:
                yield f"overlap: attempts {before.id} and {after.id} at {index.task_of[task].marker}"
    exclusive = _grouped([a for a in history.attempts if a.exclusive], "account")
    for account, attempts in exclusive.items():
        for before, after in itertools.pairwise(sorted(attempts, key=lambda a: a.began)):
            if before.over_at is None or after.began < before.over_at:
                yield f"overlap: attempts {before.id} and {after.id} of the account {account}"


def _stale(history: History, index: _Index) -> Iterator[str]:
    for event in history.events:
        newest = _newest(index.attempts.get(event.task, []), event.at)
        if event.status not in LEFT or newest is None:
            continue
        # Where both are of one transaction, in whatever order, the attempt has ended itself.
        ended_before = newest.ended is not None and (newest.ended <= event.at or newest.written_in == event.written_in)
        if not ended_before:
            marker = index.task_of[event.task].marker
            yield f"stale: {marker} became {event.status} while attempt {newest.id} was at it"
    for marker, arrivals in index.arrived.items():
        known = [arrival for arrival in arrivals if not _forgotten(history, arrival.at)]
        for task, arrival in itertools.product(index.tasks_by_marker.get(marker, []), known):
            tried = index.attempts.get(task.id, [])
            newest = _newest([a for a in tried if a.kind == "perform"], arrival.at)
            # Where the platform takes our key, whoever looks for a call may make it again.
            looking = _newest(tried, arrival.at) if index.asked[marker].platform == KEYED else None
            allowed = {one.pid for one in (newest, looking) if one is not None}
            if newest is not None and arrival.pid is not None and arrival.pid not in allowed:
                yield f"stale: {marker} arrived from process {arrival.pid} after process {newest.pid} had claimed it"


def _forgotten(history: History, at: float) -> bool:
    """Whether the database may have forgotten who did something then. A call that was begun before may end after it."""
    return any(span.copied <= at <= span.back + CALL_S for span in history.forgotten)


def _newest(attempts: list[AttemptRow], at: float) -> AttemptRow | None:
    begun = [attempt for attempt in attempts if attempt.began < at]
    return begun[-1] if begun else None


def _stuck(history: History, index: _Index) -> Iterator[str]:
    for task in history.tasks:
        if task.status not in OVER and not (task.status == "unknown" and task.waits_for_person):
            yield f"stuck: {task.marker} is {task.status} {task.code}"


def _stalled(history: History, index: _Index) -> Iterator[str]:
    """A platform for which nothing was tried although something waited, longer than any fault: its pool hangs."""
    free = [one for one in history.asked if (one.platform, one.account) not in history.limits]
    began = {one.marker: _began(one, index) for one in free}
    for platform in sorted({one.platform for one in free}):
        mine = [one for one in free if one.platform == platform and began[one.marker]]
        tried = sorted(at for one in mine for at in began[one.marker])
        for before, after in itertools.pairwise(tried):
            lost_s = sum(max(0.0, min(after, s.resumed) - max(before, s.copied)) for s in history.forgotten)
            if after - before - lost_s <= STALLED_S:
                continue
            waited = sum((one.scheduled_for or one.at) <= before and began[one.marker][0] >= after for one in mine)
            if waited:
                yield f"stalled: nothing was tried on {platform} for {after - before:.0f} s, and {waited} waited"


def _began(asked: Asked, index: _Index) -> list[float]:
    tasks = index.tasks_by_marker.get(asked.marker, [])
    return [attempt.began for task in tasks for attempt in index.attempts.get(task.id, [])]


def _ledger(history: History, index: _Index) -> Iterator[str]:
    for marker, arrivals in index.arrived.items():
        rows = [effect for task in index.tasks_by_marker.get(marker, []) for effect in index.effects.get(task.id, [])]
        ids = {effect.external_id for effect in rows if effect.outcome == "confirmed"}
        uncertain = any(effect.outcome == "unknown" for effect in rows)
        for arrival in arrivals:
            if arrival.external_id not in ids and not uncertain:
                yield f"unaccounted: {marker} arrived as {arrival.external_id}; the ledger has {[e.outcome for e in rows]}"
    for effect in history.effects:
        task = index.task_of.get(effect.task)
        if task is None:
            continue
        real = {arrival.external_id for arrival in index.arrived.get(task.marker, [])}
        if effect.outcome == "confirmed" and effect.external_id not in real:
            yield f"unfounded: {task.marker} is confirmed as {effect.external_id}, which never arrived"
        if effect.outcome == "confirmed" and task.status in {"cancelled", "failed"}:
            yield f"denied: {task.marker} is confirmed as {effect.external_id}, and its task is {task.status}"
        if effect.outcome == "intended":
            yield f"stuck: an effect of {task.marker} is still intended"
        if effect.outcome == "unknown" and task.status != "unknown":
            yield f"stuck: an effect of {task.marker} is unknown, and nobody will ask: its task is {task.status}"


def _unknown(history: History, index: _Index) -> Iterator[str]:
    left = [task for task in history.tasks if task.status == "unknown"]
    blind = [task for task in left if _platform(task, index) == "blind"]
    for task in left:
        if task not in blind:
            yield f"unknown: {task.marker} can be read back and was not"
        if task.id not in history.shown:
            yield f"not shown: {task.marker} is unknown and in no list"
    if len(blind) > history.faults:
        yield f"too many unknown: {len(blind)} of what cannot be read back, after {history.faults} faults"


def _platform(task: TaskRow, index: _Index) -> str:
    asked = index.asked.get(task.marker)
    return asked.platform if asked else ""


def _grouped(rows: object, name: str) -> dict[str, list]:
    groups: dict[str, list] = defaultdict(list)
    for row in rows:
        groups[getattr(row, name)].append(row)
    return dict(groups)
