"""When will each waiting task start? The gates themselves, run on a simulated clock.

Tasks wait in lines (lane, account, type), and only the head of a line is asked: the others of it wait behind the same gates.
A head that a gate of its own holds is set aside, as the dispatcher parks it, until its time or the end of what it waits for.
A task that starts takes its lane for as long as such tasks usually take, and occupies the budgets of its account. Where no
gate says when it opens, the forecast ends there and says why.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from math import ceil
from uuid import UUID

from shared.engine.rules.budgets import Used
from shared.engine.rules.credits import UNREAD, reserved
from shared.engine.rules.dependencies import Dependency, key_of_children, key_of_entry
from shared.engine.rules.facts import Facts, LaneState, TaskFacts, without
from shared.engine.rules.gates import GATES, HOST_SILENT_AFTER, MESSAGES_OUT, Gate, Verdict, first_closed
from shared.engine.rules.ledger import counted

MOST_STEPS = 20_000  # gate evaluations that one plan makes at most
COUNTED = {"budgets", "spacing"}
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task that has not started: its facts, its place in the order (rank, due), and its usual duration (seconds)."""

    facts: TaskFacts
    rank: int
    due_at: datetime
    takes_s: float


@dataclass(frozen=True, slots=True)
class Planned:
    """When a task is expected to start and to end; both None with the reason where that cannot be known."""

    task: UUID
    starts_at: datetime | None
    ends_at: datetime | None
    reason: str


Line = tuple[str, UUID | None, str]


@dataclass(slots=True)
class _State:
    world: Facts
    ledger: dict[UUID, dict[str, list[Used]]]
    lines: dict[Line, deque[Waiting]]
    entries: dict[UUID, set[str]]  # by each task of an entry, the tasks that wait for that entry
    aside: dict[str, list[Waiting]] = field(default_factory=dict)  # by what they wait for
    later: list[tuple[datetime, UUID, Waiting]] = field(default_factory=list)
    done: dict[UUID, datetime] = field(default_factory=dict)
    ends: list[tuple[datetime, str, float, UUID]] = field(default_factory=list)
    covered: set[UUID] = field(default_factory=set)
    steps: int = 0


def plan(
    waiting: Sequence[Waiting], world: Facts, ledger: Mapping[UUID, Mapping[str, Sequence[Used]]], until: datetime
) -> list[Planned]:
    """Return the expected start of each task up to `until`, in the order of the starts; those without one come last.

    `ledger` has what occupies the budget scopes of each account. The result is a function of the arguments alone.
    """
    ordered = sorted(waiting, key=_order)
    state = _State(
        _as_it_stays(world, until),
        {account: {scope: list(used) for scope, used in scopes.items()} for account, scopes in ledger.items()},
        {},
        _entries_of(ordered),
    )
    _let_run_out(state, ordered)
    for one in ordered:
        state.lines.setdefault(_line_of(one), deque()).append(one)
    started = list(_starts(state, until))
    lines = (*state.lines.values(), *state.aside.values(), [one for *_, one in state.later])
    left = sorted((one for line in lines for one in line), key=_order)
    return started + [Planned(one.facts.id, None, None, _why(state, one, until)) for one in left]


def _entries_of(waiting: Sequence[Waiting]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for one in waiting:
        for needed in one.facts.dependencies:
            if needed.entry:
                found.setdefault(needed.task_id, set()).add(key_of_entry(one.facts.id, needed.entry))
            if needed.among:
                found.setdefault(needed.task_id, set()).add(key_of_children(one.facts.id))
    return found


def _as_it_stays(world: Facts, until: datetime) -> Facts:
    """Return the facts for the forecast: hosts that are alive stay so, and a task starts when it runs, not when released."""
    accounts = {
        key: replace(account, host_seen_at=until)
        if account.host_seen_at is not None and world.now - account.host_seen_at <= HOST_SILENT_AFTER
        else account
        for key, account in world.accounts.items()
    }
    lanes = {
        name: replace(lane, load=lane.load + (MESSAGES_OUT - 1) * lane.concurrency) for name, lane in world.lanes.items()
    }
    return replace(world, accounts=accounts, lanes=lanes, scopes=without(world.scopes, COUNTED))


def _let_run_out(state: _State, waiting: Sequence[Waiting]) -> None:
    """Let what is on the lanes already end, after the usual duration of the tasks that wait for them."""
    takes: dict[str, list[float]] = {}
    for one in waiting:
        takes.setdefault(one.facts.lane, []).append(one.takes_s)
    for name, lane in state.world.lanes.items():
        load = lane.load - (MESSAGES_OUT - 1) * lane.concurrency
        usual = sum(takes.get(name, [1.0])) / len(takes.get(name, [1.0]))
        for number in range(ceil(load)):
            behind = number // lane.concurrency + 1
            ends = state.world.now + timedelta(seconds=usual * behind)
            heappush(state.ends, (ends, name, min(1.0, load - number), NOBODY))


def _starts(state: _State, until: datetime) -> Iterable[Planned]:
    clock = [state.world.now]
    seen = {state.world.now}
    while clock and clock[0] <= until and state.steps < MOST_STEPS:
        now = heappop(clock)
        _finish(state, now)
        while (one := _ready(state, now, clock, seen)) is not None:
            yield _start(state, one, now)
        for end, *_ in state.ends:
            _remember(clock, seen, end, now)


def _order(one: Waiting) -> tuple[int, datetime, UUID]:
    return one.rank, one.due_at, one.facts.id


def _line_of(one: Waiting) -> Line:
    return one.facts.lane, one.facts.account_id, one.facts.type


def _ready(state: _State, now: datetime, clock: list[datetime], seen: set[datetime]) -> Waiting | None:
    """Return the best head of a line that nothing holds now; set aside those that gates of their own hold."""
    heads = [(*_order(line[0]), line[0]) for line in state.lines.values() if line]
    heapify(heads)
    while heads:
        *_, one = heappop(heads)
        closed = _ask(state, one, now)
        if closed is None:
            return one
        gate, verdict = closed
        if verdict.until is not None:
            _remember(clock, seen, verdict.until, now)
        if gate.level == "task" or verdict.alone or verdict.wake_key is not None:
            line = state.lines[_line_of(one)]
            line.popleft()
            _step_aside(state, one, verdict)
            if line:
                heappush(heads, (*_order(line[0]), line[0]))
    return None


def _step_aside(state: _State, one: Waiting, verdict: Verdict) -> None:
    if verdict.until is not None:
        heappush(state.later, (verdict.until, one.facts.id, one))
    else:
        state.aside.setdefault(verdict.wake_key or "", []).append(one)


def _step_back(state: _State, back: Iterable[Waiting]) -> None:
    """Put tasks that were set aside back into their lines, each at its place."""
    for one in back:
        line = _line_of(one)
        state.lines[line] = deque(sorted([*state.lines.get(line, ()), one], key=_order))


def _ask(state: _State, one: Waiting, now: datetime) -> tuple[Gate, Verdict] | None:
    """Return what holds a task now; None if nothing does."""
    state.steps += 1
    facts = replace(
        one.facts,
        dependencies=tuple(_as_of(needed, state.done, now) for needed in one.facts.dependencies),
    )
    if facts.run_id in state.covered:
        facts = replace(facts, credits=0)
    return first_closed(GATES, facts, _counted(state, facts, now))


def _as_of(needed: Dependency, done: Mapping[UUID, datetime], now: datetime) -> Dependency:
    ended = done.get(needed.task_id)
    return replace(needed, status="completed", finished_at=ended) if ended is not None and ended <= now else needed


def _counted(state: _State, facts: TaskFacts, now: datetime) -> Facts:
    world = replace(state.world, now=now)
    account = world.accounts.get(facts.account_id) if facts.account_id else None
    if account is None or facts.account_id is None or not account.limits:
        return world
    found = counted(account, state.ledger.get(facts.account_id, {}), facts.capability, now)
    return replace(world, budgets={facts.account_id: found})


def _start(state: _State, one: Waiting, now: datetime) -> Planned:
    facts = one.facts
    state.lines[facts.lane, facts.account_id, facts.type].popleft()
    ends = now + timedelta(seconds=one.takes_s)
    state.done[facts.id] = ends
    heappush(state.ends, (ends, facts.lane, facts.weight, facts.id))
    _fill(state, facts.lane, facts.weight)
    if facts.outward and facts.account_id is not None:
        _occupy(state, facts, ends)
    if facts.credits and facts.account_id is not None and facts.run_id not in state.covered:
        _reserve(state, facts, facts.account_id)
    return Planned(facts.id, now, ends, "")


def _reserve(state: _State, facts: TaskFacts, account: UUID) -> None:
    """Reserve what a task needs; for a run, what all its parts need."""
    ledgers = state.world.credits
    ledger = reserved(ledgers.get(account, UNREAD), facts.credits)
    state.world = replace(state.world, credits={**ledgers, account: ledger})
    state.covered |= set() if facts.run_id is None else {facts.run_id}


def _occupy(state: _State, facts: TaskFacts, ends: datetime) -> None:
    """Occupy the account's scopes, and those that other accounts share with it."""
    used = Used(facts.capability, facts.id, ends, ends)
    account = state.world.accounts.get(facts.account_id) if facts.account_id else None
    own = {scope for scope, _ in account.limits} if account else set()
    for scopes in state.ledger.values():
        for scope in own & scopes.keys():
            scopes[scope].append(used)


def _finish(state: _State, now: datetime) -> None:
    while state.ends and state.ends[0][0] <= now:
        _, lane, weight, task = heappop(state.ends)
        _fill(state, lane, -weight)
        for key in (f"task:{task}", *sorted(state.entries.get(task, ()))):
            _step_back(state, state.aside.pop(key, ()))
    while state.later and state.later[0][0] <= now:
        _step_back(state, [heappop(state.later)[-1]])


def _fill(state: _State, lane: str, messages: float) -> None:
    known = state.world.lanes.get(lane)
    if known is not None:
        fuller: LaneState = replace(known, load=max(0.0, known.load + messages))
        state.world = replace(state.world, lanes={**state.world.lanes, lane: fuller})


def _remember(clock: list[datetime], seen: set[datetime], at: datetime | None, now: datetime) -> None:
    if at is not None and at > now and at not in seen:
        seen.add(at)
        heappush(clock, at)


def _why(state: _State, one: Waiting, until: datetime) -> str:
    if state.steps >= MOST_STEPS:
        return "too many tasks wait to look this far ahead"
    closed = _ask(state, one, until)
    return "beyond the horizon" if closed is None or closed[1].until is not None else closed[1].reason
