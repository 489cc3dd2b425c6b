"""How do credits pass in a simulated week? A platform's own balance, daily looks at it, and what is promised to tasks."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from shared.engine.rules.credits import Ledger, Observation, Reservation
from shared.engine.rules.facts import TaskFacts
from tests.simulation.model import Task

DAILY = 3  # credits to which the platform fills an account up each day
DAY = timedelta(days=1)


@dataclass
class Spending:
    """The accounts whose actions cost credits: what the platform has for them, what was seen of it, what is promised."""

    balance: dict[UUID, int] = field(default_factory=dict)
    cost: dict[UUID, int] = field(default_factory=dict)  # by task
    seen: dict[UUID, Observation] = field(default_factory=dict)
    promised: dict[UUID, Reservation] = field(default_factory=dict)  # by task
    account_of: dict[UUID, UUID] = field(default_factory=dict)  # by task
    overdrawn: list[UUID] = field(default_factory=list)

    @classmethod
    def drawn(cls, tasks: dict[UUID, Task], seed: int) -> Spending:
        """One account in three, and most of its tasks; with dice of its own, so that the rest of the week stays as it is."""
        dice, found = random.Random(seed), cls()
        for task in tasks.values():
            account = task.facts.account_id
            if account is not None and account.int % 100 == 0 and dice.random() < 0.6:
                found.balance[account] = 1
                found.cost[task.id], found.account_of[task.id] = dice.randint(1, DAILY), account
        return found

    def facts(self, task: Task, facts: TaskFacts, others: dict[UUID, Task]) -> TaskFacts:
        """What the gate reads of a task."""
        if task.id not in self.cost or task.id in self.promised:
            return facts
        key = f"credits:{facts.account_id}"
        mine = (task.rank, task.due_at, task.id)
        queue = any(o.wake_key == key and (o.rank, o.due_at, o.id) < mine for o in others.values() if o.id != task.id)
        return replace(facts, credits=self.cost[task.id], credits_queue=queue)

    def ledgers(self) -> dict[UUID, Ledger]:
        """What the gate reads of the accounts."""
        return {
            account: Ledger(seen, tuple(one for task, one in self.promised.items() if self.account_of[task] == account))
            for account, seen in self.seen.items()
        }

    def promise(self, task: UUID) -> None:
        """A task is released."""
        if task in self.cost and task not in self.promised:
            self.promised[task] = Reservation(self.cost[task], "reserved")

    def arrive(self, task: UUID) -> None:
        """The platform takes its price."""
        if task in self.cost:
            account = self.account_of[task]
            self.balance[account] -= self.cost[task]
            if self.balance[account] < 0:
                self.overdrawn.append(task)

    def end(self, task: UUID, *, completed: bool, now: datetime) -> str | None:
        """A task is over; answers whom that wakes."""
        if task not in self.promised:
            return None
        if completed:
            self.promised[task] = Reservation(self.cost[task], "spent", now)
            return None
        del self.promised[task]
        return f"credits:{self.account_of[task]}"

    def refresh(self, now: datetime) -> list[str]:
        """The platform fills up, and somebody looks; answers whom that wakes."""
        for account, left in self.balance.items():
            self.balance[account] = max(left, DAILY)
            self.seen[account] = Observation(True, self.balance[account], 0, now + DAY, now)  # noqa: FBT003
        return [f"credits:{account}" for account in self.balance]
