"""Which of the waiting tasks are released in this tick? Decided from facts that were read before; no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from math import ceil, floor
from typing import Any
from uuid import UUID

from shared.engine.rules.breaker import Broken
from shared.engine.rules.credits import UNREAD, Ledger, reserved
from shared.engine.rules.facts import Facts, LaneState, TaskFacts
from shared.engine.rules.fairness import Turns
from shared.engine.rules.gates import MESSAGES_OUT, Gate, Verdict, first_closed
from shared.engine.store.release import Stream
from shared.engine.store.rows.task_rows import QueuedTask
from shared.task_types.registry import TASK_TYPES
from workers.dispatch.messages import Message

# How many candidates are read beyond the room, since gates of their own hold some of them.
SET_ASIDE = 64
LARGEST_BATCH = max(spec.batch for spec in TASK_TYPES.values())


@dataclass(frozen=True, slots=True)
class Candidates:
    """The first tasks of each open line, with what gates read of them; some stand for others that are `alike`."""

    rows: Sequence[QueuedTask]
    facts: Mapping[UUID, TaskFacts]
    alike: Mapping[UUID, Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Chosen:
    """What is done with the candidates; those in none of these wait on. `trials` has the tasks that try failed destinations.

    `taken_out` says that some of the `parked` really were parked. What is released goes in `messages`. Of those that stand
    for others, `alike` has the ids of all that are released with them.
    """

    released: list[QueuedTask] = field(default_factory=list)
    alike: dict[UUID, Sequence[str]] = field(default_factory=dict)
    parked: dict[UUID, str] = field(default_factory=dict)
    failed: list[dict[str, str]] = field(default_factory=list)
    postponed: dict[UUID, datetime] = field(default_factory=dict)
    trials: dict[tuple[UUID, str], UUID] = field(default_factory=dict)
    taken_out: bool = False
    messages: list[Message] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Return how many tasks are released."""
        return len(self.released) + sum(len(ids) - 1 for ids in self.alike.values())

    @property
    def set_aside(self) -> bool:
        """Return whether a task was taken out of a line, so that another look finds those behind it.

        A task that was to be parked and was not (`taken_out`), since its fact has just changed, keeps its place.
        """
        return bool(self.taken_out or self.failed or self.postponed)


def open_streams(streams: Sequence[Stream], world: Facts, most: int, gates: tuple[Gate, ...]) -> list[tuple[Stream, int]]:
    """Return the lines whose scope gates are open, each with how many tasks to read.

    A line's gates are asked once, for all its tasks: 10,000 messages behind a paused account cost one question.
    """
    wanted = []
    shared = tuple(gate for gate in gates if gate.level == "scope")
    for stream in streams:
        if first_closed(shared, anybody(stream, world), world) is None:
            lane = world.lanes[stream.lane]
            room = MESSAGES_OUT * lane.concurrency - lane.load
            wanted.append((stream, min(most, ceil(room * TASK_TYPES[stream.type].batch) + SET_ASIDE)))
    return wanted


def choose(candidates: Candidates, world: Facts, gates: tuple[Gate, ...], turns: Turns) -> Chosen:
    """Ask every gate for every candidate, best first and in turn; each release leaves less room and credits for the next."""
    chosen = Chosen()
    left = _Left(dict(world.lanes), dict(world.credits), dict(world.breakers))
    seen = left.of(world)  # made once: each release changes what it refers to
    for row, took in _in_turn(candidates.rows, turns):
        facts = left.needs(candidates.facts[row.id])
        ids = candidates.alike.get(row.id, (str(row.id),))
        count = left.room_for(facts, len(ids))
        if count == 0:
            continue  # as with a lane that was full from the beginning: its tasks are asked when there is room
        closed = first_closed(gates, facts, seen)
        if closed is None:
            chosen.released.append(row)
            if len(ids) > 1:
                chosen.alike[row.id] = ids[:count]
            left.take(facts, count)
            if trial := left.let_try(facts, world):
                chosen.trials[trial] = row.id
            took(facts.weight * count, world.weights.get(row.workspace_id, 1))
        else:
            if closed[0].name == "credits":
                left.queue(facts)
            for task in ids:
                _set_aside(chosen, UUID(task), *closed)
    return chosen


Took = Callable[[float, int], None]


def _in_turn(rows: Sequence[QueuedTask], turns: Turns) -> Iterator[tuple[QueuedTask, Took]]:
    """Yield the best of each workspace and lane in turn, by rank first; the caller reports what a release took."""
    lines: dict[tuple[str, UUID], deque[QueuedTask]] = {}
    for row in rows:
        lines.setdefault((row.lane, row.workspace_id), deque()).append(row)
    for lane in {lane for lane, _ in lines}:
        turns.wait(lane, {workspace for name, workspace in lines if name == lane})
    heap: list[tuple[Any, ...]] = []

    def next_of(key: tuple[str, UUID]) -> None:
        if lines[key]:
            row = lines[key].popleft()
            heappush(heap, (row.rank, turns.had(*key), row.due_at, row.id, row, key))

    for key in lines:
        next_of(key)
    while heap:
        *_, row, key = heappop(heap)
        yield row, partial(turns.take, *key)
        next_of(key)


def _set_aside(chosen: Chosen, task: UUID, gate: Gate, verdict: Verdict) -> None:
    if verdict.fails_with is not None:
        chosen.failed.append({"id": str(task), "code": verdict.fails_with, "message": verdict.reason})
    elif verdict.wake_key is not None:
        chosen.parked[task] = verdict.wake_key
    elif verdict.until is not None and (gate.level == "task" or verdict.alone):
        chosen.postponed[task] = verdict.until


@dataclass(slots=True)
class _Left:
    """What the releases of this tick leave: room on lanes, and credits."""

    lanes: dict[str, LaneState]
    credits: dict[UUID, Ledger]
    breakers: dict[tuple[UUID, str], Broken]
    covered: set[UUID] = field(default_factory=set)

    def needs(self, facts: TaskFacts) -> TaskFacts:
        """Return a task as it is now: a part of a run that has got its credits in this tick needs none."""
        return replace(facts, credits=0) if facts.run_id in self.covered else facts

    def room_for(self, facts: TaskFacts, count: int) -> int:
        """Return for how many of so many tasks like this its lane has room."""
        lane = self.lanes.get(facts.lane)
        return (
            count
            if lane is None
            else max(0, min(count, floor((MESSAGES_OUT * lane.concurrency - lane.load) / facts.weight)))
        )

    def take(self, facts: TaskFacts, count: int) -> None:
        """Count the release of so many tasks like this."""
        lane = self.lanes[facts.lane]
        self.lanes[facts.lane] = replace(lane, load=lane.load + facts.weight * count)
        if facts.credits and facts.account_id is not None:
            self.credits[facts.account_id] = reserved(self.credits.get(facts.account_id, UNREAD), facts.credits)
        if facts.run_id is not None:
            self.covered.add(facts.run_id)

    def of(self, world: Facts) -> Facts:
        """Return the world after these releases, also after those that are still to come."""
        return replace(world, lanes=self.lanes, credits=self.credits, breakers=self.breakers)

    def let_try(self, facts: TaskFacts, world: Facts) -> tuple[UUID, str] | None:
        """Let this task alone try a destination that has failed; return which one, if there is one."""
        key = world.destination_of(facts)
        if key is None or key not in self.breakers:
            return None
        self.breakers[key] = replace(self.breakers[key], trial=facts.id)
        return key

    def queue(self, facts: TaskFacts) -> None:
        """Mark that a task waits for credits, so that none overtakes it."""
        if facts.account_id is not None:
            self.credits[facts.account_id] = replace(self.credits.get(facts.account_id, UNREAD), queue=True)


def anybody(stream: Stream, world: Facts) -> TaskFacts:
    """Return a stand-in for this line's tasks, of which only the scope is known. It weighs nothing and runs asleep."""
    never: datetime | None = None
    account = world.accounts.get(stream.account_id) if stream.account_id else None
    platform = account.platform if account else None
    spec = TASK_TYPES[stream.type]
    return TaskFacts(
        id=UUID(int=0),
        workspace_id=stream.workspace_id,
        type=stream.type,
        status="pending",
        lane=stream.lane,
        platform=platform,
        account_id=stream.account_id,
        capability=spec.capability,
        outward=bool(spec.effects) and not stream.acted,
        weight=1 / LARGEST_BATCH,
        not_before=never,
        expires_at=never,
        approval_required=False,
        payload_hash="",
        approved_hash=None,
        runs_asleep=True,
        acted=stream.acted,
    )
