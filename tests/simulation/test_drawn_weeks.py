"""Does every drawn week go right, and does each task that waits say exactly what holds it?"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hypothesis import HealthCheck, given, settings

from shared.engine.rules.gates import GATES, ask
from tests.simulation.drawn import weeks
from tests.simulation.model import Model, Task
from tests.simulation.oracle import violations
from tests.simulation.run import Run


class Explained(Run):
    """A week in which every task is asked before and after each tick what holds it."""

    wrong: list[str]

    def tick(self) -> None:
        before = self.held()
        super().tick()
        after = self.held()
        for task, names in before.items():
            if task not in after and names and not self.overdue(names):
                self.wrong.append(f"released, and held by {names}: {task.int}")
        self.wrong += [f"waits, and nothing holds it: {task.int}" for task, names in after.items() if not names]

    def held(self) -> dict[UUID, list[str]]:
        """The closed gates of each waiting task."""
        waiting = [t for t in self.model.tasks.values() if t.status == "pending" and t.submitted <= self.now]
        return {task.id: self.names(task) for task in waiting}

    def overdue(self, names: list[str]) -> bool:
        """Whether they wait for an outcome that is late: by when it comes is a guess, and the intent asks again."""
        unsettled = [used for *_, used in self.model.ledger if used.settled_at is None]
        return {*names} <= {"budgets", "spacing"} and any(used.call_deadline <= self.now for used in unsettled)

    def names(self, task: Task) -> list[str]:
        facts = self.facts(task, words=True)
        known = replace(self.world(exact=facts), scopes=self.world().scopes)
        said = [(gate.name, verdict) for gate, verdict in ask(self.gates, facts, known)]
        if said != [(gate.name, verdict) for gate, verdict in ask(self.gates, facts, known)]:
            self.wrong.append(f"another answer on equal facts: {task.id.int}")
        return [name for name, verdict in said if not verdict.open]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(week=weeks())
def test_no_limit_is_passed_nothing_starts_early_and_every_wait_is_explained(week: Model):
    run = Explained(week, GATES)
    run.wrong = []
    run.go()
    assert list(violations(run)) == []
    assert run.wrong == []
