"""May this task run now, and if not: why, and until when?

One ordered table. Each gate is a pure function of the task, the world and the time in it. `level` says what a closed
gate parks: `scope` gates hold a lane or an account closed for all its tasks at once, `task` gates hold one task.
Gates with `safety` are asked again in the transaction that writes an intent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.scheduling.facts import TaskFacts, World

MESSAGES_OUT = 2  # at most twice a lane's concurrency is out at a time
HOST_SILENT_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate says. `wake_key` names the one fact that opens it; `fails_with` says it can never open."""

    open: bool
    reason: str = ""
    until: datetime | None = None
    wake_key: str | None = None
    fails_with: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One row of the table."""

    name: str
    level: Literal["task", "scope"]
    safety: bool
    decide: Callable[[TaskFacts, World], Verdict]


OPEN = Verdict(open=True)


def approval(task: TaskFacts, world: World) -> Verdict:
    """Whoever must approve has approved exactly this payload."""
    del world
    if not task.approval_required or task.approved_hash == task.payload_hash:
        return OPEN
    return Verdict(open=False, reason="waits for approval", wake_key=f"approval:{task.id}")


def time(task: TaskFacts, world: World) -> Verdict:
    """It is due, and not too late."""
    if task.expires_at is not None and task.expires_at <= world.now:
        return Verdict(open=False, reason="its time has passed", fails_with="expired")
    if task.not_before is not None and task.not_before > world.now:
        return Verdict(open=False, reason="not due yet", until=task.not_before)
    return OPEN


def dependencies(task: TaskFacts, world: World) -> Verdict:
    """Everything it depends on is completed."""
    del world
    for needed in task.dependencies:
        if needed.status in {"failed", "cancelled"}:
            return Verdict(open=False, reason=f"task {needed.task_id} is {needed.status}", fails_with="dependency_failed")
    for needed in task.dependencies:
        if needed.status != "completed":
            reason = f"waits for task {needed.task_id}, which is {needed.status}"
            return Verdict(open=False, reason=reason, wake_key=f"task:{needed.task_id}")
    return OPEN


def system(task: TaskFacts, world: World) -> Verdict:
    """Nobody has paused this part of the system, and the kill switch is off."""
    if world.kill_switch and task.outward:
        return Verdict(open=False, reason="the kill switch is on")
    keys = ("all", f"lane:{task.lane}", f"platform:{task.platform}", f"account:{task.account_id}")
    held = world.parked("system", keys, task.workspace_id)
    return Verdict(open=False, reason=held.reason, until=held.opens_at) if held else OPEN


def connection(task: TaskFacts, world: World) -> Verdict:  # noqa: PLR0911 - one line for each reason
    """The account is connected, the capability works, and the account's host is alive and free of lost attempts."""
    if task.account_id is None:
        return OPEN
    account = world.accounts.get(task.account_id)
    if account is None:
        return Verdict(open=False, reason="the account does not exist")
    if account.state != "connected" and (account.until is None or account.until > world.now):
        reason = f"the account is {account.state}: {account.reason or 'no reason given'}"
        return Verdict(open=False, reason=reason, until=account.until)
    capability = f"capability:{task.platform}:{task.capability}"
    if held := world.parked("connection", (capability,), task.workspace_id):
        # Parked one by one: the same account's other work must not stand in line behind them.
        return Verdict(open=False, reason=held.reason, until=held.opens_at, wake_key=held.key)
    if account.host is None:
        return OPEN
    if account.host_seen_at is None or world.now - account.host_seen_at > HOST_SILENT_AFTER:
        return Verdict(open=False, reason=f"the keeper of host {account.host} is silent")
    if account.stranded_on is not None:
        return Verdict(open=False, reason=f"a lost attempt on {account.stranded_on} is not yet known to be dead")
    return OPEN


def lane(task: TaskFacts, world: World) -> Verdict:
    """The lane has a worker and room."""
    state = world.lanes.get(task.lane)
    if state is None or state.workers == 0:
        return Verdict(open=False, reason=f"no worker for {task.lane}")
    if state.load + task.weight > MESSAGES_OUT * state.concurrency:
        return Verdict(open=False, reason=f"{task.lane} is busy")
    return OPEN


# The order is the design's; what is missing here (policy, budgets, credits, …) takes its place in it later.
GATES: tuple[Gate, ...] = (
    Gate("approval", "task", safety=True, decide=approval),
    Gate("time", "task", safety=False, decide=time),
    Gate("dependencies", "task", safety=False, decide=dependencies),
    Gate("system", "scope", safety=True, decide=system),
    Gate("connection", "scope", safety=True, decide=connection),
    Gate("lane", "scope", safety=False, decide=lane),
)

# A verification only reads: it needs a way there and room, and no permission to act.
VERIFY_GATES: tuple[Gate, ...] = tuple(gate for gate in GATES if gate.name in {"connection", "lane"})


def ask(gates: tuple[Gate, ...], task: TaskFacts, world: World) -> Iterator[tuple[Gate, Verdict]]:
    """Every gate's verdict on a task, in order."""
    for gate in gates:
        yield gate, gate.decide(task, world)


def first_closed(gates: tuple[Gate, ...], task: TaskFacts, world: World) -> tuple[Gate, Verdict] | None:
    """The first gate that holds this task, or None if all are open."""
    return next(((gate, verdict) for gate, verdict in ask(gates, task, world) if not verdict.open), None)
