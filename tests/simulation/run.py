"""How does a simulated week pass? The product's own decisions, on a clock that jumps from event to event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from shared.engine.rules.budgets import Full, Used, to_park
from shared.engine.rules.cooldown import begin, cause_of
from shared.engine.rules.dependencies import Dependency
from shared.engine.rules.duplicates import SentText, same_person, same_words
from shared.engine.rules.facts import AccountState, Duplicate, Facts, LaneState, ParkedScope, TaskFacts
from shared.engine.rules.fairness import Turns
from shared.engine.rules.gates import Gate, first_closed
from shared.engine.rules.ledger import counted, share_of
from shared.engine.rules.retry import Fail, PauseAccount, Retry, Tries, after_error
from shared.engine.store.release import Stream
from shared.errors import AccountBlocked, RateLimited, TaskError, Transient
from shared.task_types.spec import RetryRule
from tests.simulation.filming import Filming
from tests.simulation.model import START, WEEK, Arrival, Model, Task, rule_of
from tests.simulation.spending import DAY, Spending
from workers.dispatch.select import Candidates, anybody, choose, open_streams

HORIZON = START + WEEK + timedelta(days=60)
CALL = timedelta(seconds=20)
VISIBLE = timedelta(seconds=60)
MOST_EVENTS = 40_000
FINAL = {"completed", "failed"}


@dataclass
class Run:
    """One simulated week: what is stored, what happened, and when."""

    model: Model
    gates: tuple[Gate, ...]
    now: datetime = START
    clock: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    parked: dict[tuple[UUID, str, str], Full] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    attempts: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    most_out: dict[str, int] = field(default_factory=dict)
    deserted: int = 0
    rests: list[tuple[UUID, datetime, str]] = field(default_factory=list)
    blocked: list[tuple[UUID, datetime, datetime]] = field(default_factory=list)
    turns: Turns = field(default_factory=Turns)
    asked: set[datetime] = field(default_factory=set)
    numbers: int = 0
    awake: datetime = START
    behind: timedelta = timedelta(0)  # by so much the platforms' clocks are ahead
    spending: Spending = field(default_factory=Spending)
    filming: Filming = field(default_factory=Filming)
    # What was last said of each account, and of what: most of a week nothing of it changes.
    known: dict[UUID, tuple[tuple[AccountState, bool, int], AccountState]] = field(default_factory=dict)

    def at(self, when: datetime, what: Callable[[], None]) -> None:
        """Have something happen later."""
        self.numbers += 1
        heappush(self.clock, (max(when, self.now), self.numbers, what))

    def look(self, when: datetime | None) -> None:
        """Have the dispatcher look at an instant; one look is enough for all who ask for it."""
        if when is not None and when not in self.asked and when <= HORIZON:
            self.asked.add(when)
            self.at(when, lambda: None)

    def go(self) -> Run:
        """Until nothing is left to happen."""
        for task in self.model.tasks.values():
            self.look(task.submitted)
            self.at(task.approved, lambda task=task: self.wake(f"approval:{task.id}"))
        for account, given in self.model.consents.items():
            self.at(given, lambda account=account: self.wake(f"consent:{account}"))
        for span in (*self.model.pauses, *self.model.kills, *self.model.outages):
            self.look(span.begins)
            self.look(span.ends)
        for jump in self.model.jumps:
            self.at(jump.at, lambda jump=jump: self.jump(jump.by))
        self.spending = Spending.drawn(self.model.tasks, self.model.seed)
        self.at(START + DAY, self.refresh)
        while self.clock and self.numbers < MOST_EVENTS:
            when, _, what = heappop(self.clock)
            self.now = max(when, self.awake)
            what()
            if not self.clock or self.clock[0][0] > self.now:
                self.tick()
        return self

    def jump(self, by: timedelta) -> None:
        """The world goes on while everything of ours is frozen; or PostgreSQL's clock is set back."""
        self.awake = max(self.awake, self.now + by)
        if by < timedelta(0):
            self.at(self.now, lambda: None)  # what was due already comes once more
            self.now, self.behind = self.now + by, self.behind - by

    def refresh(self) -> None:
        """Once a day, for as long as anybody may wait for credits."""
        for key in self.spending.refresh(self.now):
            self.wake(key)
        if self.now + DAY < HORIZON and any(self.model.tasks[t].status not in FINAL for t in self.spending.cost):
            self.at(self.now + DAY, self.refresh)

    def wake(self, key: str) -> None:
        """Whoever is parked on this key is asked again."""
        for task in self.model.tasks.values():
            if task.wake_key == key:
                task.wake_key = None

    def give_places(self, account: UUID) -> None:
        """As many are asked again as films may be ordered, the first in line first."""
        waiting = [task for task in self.model.tasks.values() if task.wake_key == f"making:{account}"]
        waiting.sort(key=lambda task: (task.rank, task.due_at, task.id))
        for task in waiting[: self.filming.places(account, self.now)]:
            task.wake_key = None

    def world(self, *, exact: TaskFacts | None = None) -> Facts:
        """What gates read now; with the counted budgets of one task's account before its intent."""
        model, now = self.model, self.now
        out: dict[str, int] = {}
        for task in model.tasks.values():
            if task.status in {"queued", "running"}:
                out[task.lane] = out.get(task.lane, 0) + 1
        lanes = {
            lane: LaneState(lane, n, 0 if self._down(lane) else 1, out.get(lane, 0)) for lane, n in model.concurrency.items()
        }
        scopes = [ParkedScope(ws, full.key, full.gate, full.reason, full.opens_at) for (ws, *_), full in self.parked.items()]
        scopes += [
            ParkedScope(model.workspace_of[span.key], f"account:{span.key}", "system", "paused", None)
            for span in model.pauses
            if span.holds(now)
        ]
        scopes += [ParkedScope(span.key, "all", "kill", "killed", None) for span in model.kills if span.holds(now)]
        accounts = {key: self.account(key) for key in model.accounts}
        known = Facts(now=now, accounts=accounts, lanes=lanes, scopes=tuple(scopes), credits=self.spending.ledgers())
        if exact is None or exact.account_id is None:
            return known
        account = accounts[exact.account_id]
        ledger = {scope: self.ledger(scope) for scope, _ in account.limits}
        budgets = {exact.account_id: counted(account, ledger, exact.capability, now)}
        free = tuple(scope for scope in known.scopes if scope.gate not in {"budgets", "spacing"})
        return replace(known, scopes=free, budgets=budgets)

    def account(self, key: UUID) -> AccountState:
        said = self.model.accounts[key], self.model.consents[key] <= self.now, self.filming.making(key, self.now)
        if key not in self.known or self.known[key][0] != said:
            state, given, making = said
            accepted = frozenset({rule_of(self.model.platform_of[key])}) if given else frozenset()
            self.known[key] = said, replace(state, consents=accepted, making=making)
        return self.known[key][1]

    def ledger(self, scope: str) -> list[Used]:
        """What occupies an account's or a persona's windows."""
        model = self.model
        return [
            used
            for account, _, _, used in model.ledger
            if scope in {f"account:{account}", f"persona:{model.workspace_of[account]}"}
        ]

    def facts(self, task: Task, *, words: bool = False) -> TaskFacts:
        """A task as gates read it now."""
        model, facts = self.model, task.facts
        needed = tuple(Dependency(d.task_id, model.tasks[d.task_id].status) for d in facts.dependencies)
        waits = tuple(one for one in needed if one.status != "completed")
        approved = facts.payload_hash if facts.approval_required and task.approved <= self.now else None
        alone = "asked to be left alone" if (task.workspace_id, task.to or "") in model.left_alone else None
        facts = self.spending.facts(task, facts, model.tasks)
        return replace(
            facts,
            not_before=None if task.due_at <= self.now else task.due_at,
            dependencies=waits,
            approved_hash=approved,
            do_not_contact=alone,
            duplicate=self._again(task, words=words),
        )

    def _again(self, task: Task, *, words: bool) -> Duplicate | None:
        platform = task.facts.platform or ""
        mine = [
            (arrival, settled)
            for arrival in self.arrivals
            for settled in [arrival.at]
            if arrival.account == task.facts.account_id and arrival.task != task.id
        ]
        found: Any = None
        if task.to:
            last = max((at for arrival, at in mine if arrival.to == task.to and arrival.action == "dm"), default=None)
            found = same_person(platform, last, self.now)
        elif words:
            said = [SentText(arrival.text, at) for arrival, at in reversed(mine) if arrival.action == "comment"]
            found = same_words(task.text, said, self.now)
        return found and Duplicate(*found)

    def _down(self, lane: str) -> bool:
        return any(span.key == lane and span.holds(self.now) for span in self.model.outages)

    def tick(self) -> None:
        """The dispatcher looks: what may run is released, and starts as soon as its lane has a free worker."""
        self.parked = {key: full for key, full in self.parked.items() if full.opens_at is None or full.opens_at > self.now}
        known = self.world()
        lines: dict[Stream, list[Task]] = {}
        for task in self.model.tasks.values():
            if task.status == "pending" and task.wake_key is None and task.submitted <= self.now:
                if task.due_at > self.now:
                    self.look(task.due_at)
                    if "time" in {gate.name for gate in self.gates if gate.decide.__name__ == "time"}:
                        continue
                stream = Stream(task.lane, task.facts.account_id, task.workspace_id, task.facts.type)
                lines.setdefault(stream, []).append(task)
        wanted = dict(open_streams(list(lines), known, 100, self.gates))
        for stream in lines.keys() - wanted.keys():
            closed = first_closed(tuple(g for g in self.gates if g.level == "scope"), anybody(stream, known), known)
            self.look(closed[1].until if closed else None)
        best = sorted((t for s in wanted for t in lines[s]), key=lambda t: (t.rank, t.due_at, t.id))
        rows = [
            SimpleNamespace(id=t.id, workspace_id=t.workspace_id, lane=t.lane, rank=t.rank, due_at=t.due_at) for t in best
        ]
        chosen = choose(Candidates(rows, {t.id: self.facts(t) for t in best}), known, self.gates, self.turns)
        for key, wake in chosen.parked.items():
            self.model.tasks[key].wake_key = wake
        for key, until in chosen.postponed.items():
            self.model.tasks[key].due_at = until
            self.look(until)
        for failed in chosen.failed:
            self.end(self.model.tasks[UUID(failed["id"])], "failed", failed["code"])
        for row in chosen.released:
            self.release(self.model.tasks[row.id])
        self.start_queued()

    def release(self, task: Task) -> None:
        task.status = "queued"
        self.spending.promise(task.id)
        out = sum(one.lane == task.lane and one.status in {"queued", "running"} for one in self.model.tasks.values())
        self.most_out[task.lane] = max(self.most_out.get(task.lane, 0), out)
        self.deserted += self._down(task.lane)

    def start_queued(self) -> None:
        """Free workers take what is queued."""
        out = [task for task in self.model.tasks.values() if task.status in {"queued", "running"}]
        for lane, concurrency in self.model.concurrency.items():
            here = [task for task in out if task.lane == lane]
            queued = [task for task in here if task.status == "queued"]
            if self._down(lane):
                for task in queued:
                    task.status = "pending"  # a lane without a worker gives back what it was sent
                continue
            for task in queued[: max(0, concurrency - len(here) + len(queued))]:
                self.begin_attempt(task)

    def begin_attempt(self, task: Task) -> None:
        task.status = "running"
        begun = self.now
        prepared = timedelta(seconds=self.model.rng.uniform(2, 20))

        def ends() -> None:
            self.attempts.append((task.lane, begun, self.now))
            if self.model.rng.random() < 0.05:
                task.status = "pending"  # the worker died before its intent
                self.look(self.now + timedelta(seconds=1))
            else:
                self.intend(task)

        self.at(self.now + prepared, ends)

    def intend(self, task: Task) -> None:
        """The safety gates again, in the transaction of the intent; then the call."""
        facts = self.facts(task, words=True)
        closed = first_closed(tuple(gate for gate in self.gates if gate.safety), facts, self.world(exact=facts))
        if closed is not None:
            gate, verdict = closed
            task.status = "pending"
            self.park(task)
            if gate.name == "spacing" and facts.duplicate is not None and verdict.fails_with:
                self.end(task, "failed", verdict.fails_with)
            elif gate.name == "spacing" and facts.duplicate is not None and verdict.until is not None:
                task.due_at = verdict.until
            self.look(verdict.until or self.now + timedelta(minutes=5))
            return
        self.call(task)

    def call(self, task: Task) -> None:
        rng, intended = self.model.rng, self.now
        account = task.facts.account_id
        assert account is not None
        used = Used(task.facts.capability, UUID(int=rng.getrandbits(128)), None, intended + CALL)
        self.model.ledger.append((account, task.facts.platform or "", task.id, used))
        if (made := self.filming.order(task, intended)) is not None:
            self.at(made, lambda: self.give_places(account))
        self.park(task)
        lasts = timedelta(seconds=rng.uniform(0.1, 15))
        seen = intended + lasts + self.behind
        fate = rng.choices(
            ("done", "timeout_after_write", "error_before_write", "rate_limited", "blocked", "transient"),
            (80, 6, 5, 3, 1, 5),
        )[0]

        def answered() -> None:
            if fate in {"done", "timeout_after_write"}:
                self.spending.arrive(task.id)
                self.arrivals.append(Arrival(task.id, account, task.facts.capability, intended, seen, task.text, task.to))
            else:
                self.filming.refuse(task.id)
                self.give_places(account)
            if fate in {"timeout_after_write", "error_before_write"}:
                task.status = "unknown"
                self.at(intended + CALL + VISIBLE, lambda: self.verify(task, used))
            elif fate == "done":
                self.settle(task, used, "confirmed")
                self.end(task, "completed", "")
            else:
                self.settle(task, used, "absent" if fate == "transient" else "refused")
                self.refused(
                    task,
                    {"rate_limited": RateLimited(), "transient": Transient()}.get(
                        fate, AccountBlocked(code="action_blocked")
                    ),
                )
            self.park(task)

        self.at(self.now + lasts, answered)

    def verify(self, task: Task, used: Used) -> None:
        """Reading back tells whether it arrived."""
        if any(arrival.task == task.id and arrival.intended + CALL >= used.call_deadline for arrival in self.arrivals):
            self.settle(task, used, "confirmed")
            self.end(task, "completed", "")
        else:
            self.settle(task, used, "absent")
            task.absent += 1
            if task.absent > 1:
                self.end(task, "failed", "a person decides")
            else:
                task.status = "pending"
        self.park(task)

    def settle(self, task: Task, used: Used, outcome: str) -> None:
        for place, (account, platform, of, one) in enumerate(self.model.ledger):
            if one.effect_id == used.effect_id:
                if outcome == "absent":
                    del self.model.ledger[place]
                else:
                    self.model.ledger[place] = (account, platform, of, replace(one, settled_at=self.now))
                return

    def refused(self, task: Task, error: TaskError) -> None:
        """What the product decides after an error."""
        key = task.facts.account_id
        assert key is not None
        state = self.model.accounts[key]
        cause = cause_of(error, 0)
        if cause is not None:
            cooldown = begin(cause, key, self.now)
            self.rests.append((key, self.now, cause))
            if state.cooldown is None or state.cooldown.until < cooldown.until:
                self.model.accounts[key] = state = replace(state, cooldown=cooldown)
            self.look(cooldown.until)
        decided = after_error(error, Tries(task.retries, 3, RetryRule()), self.now, self.model.rng)
        task.status = "pending"
        match decided:
            case Retry():
                task.retries += decided.counts
                task.due_at = max(decided.at, task.due_at)
                self.look(task.due_at)
            case Fail():
                self.end(task, "failed", error.code)
            case PauseAccount():
                self.model.accounts[key] = replace(state, state="blocked", reason="blocked")
                back = self.now + timedelta(hours=self.model.rng.uniform(1, 90))
                self.blocked.append((key, self.now, back))
                self.at(back, lambda: self._person_resumes(key))
            case _:
                raise AssertionError(decided)

    def _person_resumes(self, key: UUID) -> None:
        self.model.accounts[key] = replace(self.model.accounts[key], state="connected", reason=None)

    def park(self, task: Task) -> None:
        """What is full is parked, and what is not any more is opened."""
        key = task.facts.account_id
        assert key is not None
        account = self.model.accounts[key]
        scopes = {scope for scope, _ in account.limits}
        self.parked = {k: full for k, full in self.parked.items() if full.key.partition("#")[0] not in scopes}
        for scope, limits in account.limits:
            for full in to_park(scope, limits, self.ledger(scope), self.now, share=share_of(account, scope, self.now)):
                self.parked[task.workspace_id, full.key, full.gate] = full
                self.look(full.opens_at)

    def end(self, task: Task, status: str, code: str) -> None:
        task.status, task.code, task.ended = status, code, self.now
        self.wake(f"task:{task.id}")
        if woken := self.spending.end(task.id, completed=status == "completed", now=self.now):
            self.wake(woken)
        self.look(self.now + timedelta(seconds=0.5))
