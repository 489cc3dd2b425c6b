"""May this task run now, and if not: why, and until when?

One ordered table. Each gate is a pure function of the task, the world and the time in it. `level` says what a closed gate
parks: `scope` gates hold a lane or an account closed for all its tasks at once, `task` gates hold one task. Gates with
`safety` are asked again in the transaction that writes an intent. A gate that `guards` the outward steps of a task is open
once they are all done: what follows them changes nothing outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.engine.rules.budgets import describe_use, full, opens_itself_at
from shared.engine.rules.credits import UNREAD, expected_refresh, why_not
from shared.engine.rules.dependencies import latest_end, waits_for, why_in_vain
from shared.engine.rules.facts import Facts, TaskFacts
from shared.engine.rules.hours import opens_at as hours_begin
from shared.engine.rules.policy import policy_for
from shared.engine.rules.quiet import quiet_until
from shared.platform_rules import UNDECLARED

MESSAGES_OUT = 2  # at most twice a lane's concurrency is out at a time
HOST_SILENT_AFTER = timedelta(seconds=60)
NOT_COMPARED = "the dispatcher has not compared PostgreSQL, which was started anew, with what it noted before"
SAID_ALREADY = "the outcome of the same text to the same target is not known yet"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's decision. `wake_key` names the one fact that opens it; `fails_with` says it can never open.

    `alone` says that a gate of a scope holds this task for a reason of its own: only this task is put off, not those behind
    it.
    """

    open: bool
    reason: str = ""
    until: datetime | None = None
    wake_key: str | None = None
    fails_with: str | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """One row of the table."""

    name: str
    level: Literal["task", "scope"]
    safety: bool
    guards: bool
    decide: Callable[[TaskFacts, Facts], Verdict]


OPEN = Verdict(open=True)


def approval(task: TaskFacts, world: Facts) -> Verdict:
    """Open once exactly this payload is approved; approval is not asked for while the payload is incomplete."""
    del world
    if task.unfilled and task.status != "running":
        return OPEN
    if not task.approval_required or task.approved_hash == task.payload_hash:
        return OPEN
    return Verdict(open=False, reason="waits for approval", wake_key=f"approval:{task.id}")


def time(task: TaskFacts, world: Facts) -> Verdict:
    """Open once the task is due, and fail it when its time has passed."""
    if task.expires_at is not None and task.expires_at <= world.now and not task.acted:
        return Verdict(open=False, reason="its time has passed", fails_with="expired")
    if task.not_before is not None and task.not_before > world.now:
        return Verdict(open=False, reason="not due yet", until=task.not_before)
    return OPEN


def dependencies(task: TaskFacts, world: Facts) -> Verdict:
    """Open once enough of its dependencies are completed, and long enough ago; what is done does not fail by them."""
    needed = [one for one in task.dependencies if not one.in_vain] if task.acted else task.dependencies
    if (reason := why_in_vain(needed)) and not task.acted:
        return Verdict(open=False, reason=reason, fails_with="dependency_failed")
    for reason, wake_key in waits_for(task.id, needed):
        return Verdict(open=False, reason=reason, wake_key=wake_key)
    if task.unfilled and task.approval_required:
        return Verdict(open=False, reason="what it refers to is filled in, to be approved")
    last = latest_end(task.dependencies)
    if last is not None and last.until is not None and last.until > world.now:
        reason = f"{last.offset_s:g} s after the end of task {last.task_id} are not over"
        return Verdict(open=False, reason=reason, until=last.until)
    return OPEN


def system(task: TaskFacts, world: Facts) -> Verdict:
    """Open while no one has paused this part of the system, no switch is off, it is awake, and no data was lost."""
    if world.kill_switch and task.outward:
        return Verdict(open=False, reason="the kill switch is on")
    if task.outward and (killed := world.parked("kill", ("all",), task.workspace_id)):
        return Verdict(open=False, reason=killed.reason)
    keys = ("all", f"lane:{task.lane}", f"platform:{task.platform}", f"account:{task.account_id}")
    # A pause holds what is to be done, not the record of what was.
    held = None if task.acted else world.parked("system", keys, task.workspace_id)
    if held:
        return Verdict(open=False, reason=held.reason, until=held.opens_at)
    if world.asleep is not None and not task.runs_asleep and world.asleep.holds(world.now):
        return Verdict(open=False, reason=world.asleep.reason, until=world.asleep.wakes_at)
    if not world.compared and task.outward:
        return Verdict(open=False, reason=NOT_COMPARED)
    return OPEN


def connection(task: TaskFacts, world: Facts) -> Verdict:  # noqa: PLR0911 - one line for each reason
    """Open while the account is connected, the capability and destination work, and no lost attempt may live on its host."""
    if task.account_id is None:
        return OPEN
    account = world.accounts.get(task.account_id)
    if account is None:
        return Verdict(open=False, reason="the account does not exist")
    # A check writes nothing, and shows a person whether the account may act again.
    held_back = account.state != "connected" and task.capability != "check"
    if held_back and (account.until is None or account.until > world.now):
        reason = f"the account is {account.state}: {account.reason or 'no reason given'}"
        return Verdict(open=False, reason=reason, until=account.until)
    capability = f"capability:{task.platform}:{task.capability}"
    if held := world.parked("connection", (capability,), task.workspace_id):
        # Parked one by one: the same account's other tasks must not wait behind them.
        return Verdict(open=False, reason=held.reason, until=held.opens_at, wake_key=held.key)
    if held_by := _broken(task, world):
        return held_by
    if account.host is None:
        return OPEN
    if account.host_seen_at is None or world.now - account.host_seen_at > HOST_SILENT_AFTER:
        return Verdict(open=False, reason=f"the keeper of host {account.host} is silent")
    if account.stranded_on is not None:
        return Verdict(open=False, reason=f"a lost attempt on {account.stranded_on} is not yet known to be dead")
    return OPEN


def _broken(task: TaskFacts, world: Facts) -> Verdict | None:
    """Return what an open breaker says; it does not hold the verification of an unknown outcome."""
    key = world.destination_of(task)
    broken = world.breakers.get(key) if key else None
    if broken is None or task.status == "unknown":
        return None
    reason = broken.holds(task.id, world.now, began=task.status == "running")
    return (
        Verdict(open=False, reason=reason, until=broken.opens_at if broken.opens_at > world.now else None)
        if reason
        else None
    )


def policy(task: TaskFacts, world: Facts) -> Verdict:
    """Open where the platform's rules allow it, or the owner has accepted the rule for this account."""
    account = world.accounts.get(task.account_id) if task.account_id else None
    if account is None or not task.outward or task.platform is None:
        return OPEN
    rule = policy_for(task.platform, account.transport, practice=account.practice)
    if rule.word == "allowed" or (rule.word == "needs_consent" and rule.rule in account.consents):
        return OPEN
    reason = f"{rule.rule} ({rule.source})" if rule.source else rule.rule
    if rule.word == "needs_consent":
        return Verdict(open=False, reason=f"needs your consent: {reason}", wake_key=f"consent:{task.account_id}")
    if rule == UNDECLARED:  # an update may bring the connector back, so the task waits
        return Verdict(open=False, reason=reason)
    return Verdict(open=False, reason=reason, fails_with="forbidden")


def do_not_contact(task: TaskFacts, world: Facts) -> Verdict:
    """Open unless the recipient is on the do-not-contact list."""
    del world
    if task.do_not_contact is None:
        return OPEN
    return Verdict(open=False, reason=task.do_not_contact, fails_with="do_not_contact")


def quiet_hours(task: TaskFacts, world: Facts) -> Verdict:
    """Open within the task's own hours and outside of quiet hours, by the owner's clock."""
    account = world.accounts.get(task.account_id) if task.account_id else None
    if task.hours is not None:
        zone = account.zone if account else "UTC"
        if begins := hours_begin(task.hours, zone, world.now):
            reason = f"its hours are {task.hours} ({task.hours.zone or zone})"
            return Verdict(open=False, reason=reason, until=begins, alone=True)
    if account is None or not task.outward:
        return OPEN
    ends = [
        (quiet_until(replace(limits.quiet, zone=limits.quiet.zone or account.zone), world.now), limits.quiet)
        for _, limits in account.limits
        if limits.quiet is not None
    ]
    until, quiet = max(((end, quiet) for end, quiet in ends if end is not None), default=(None, None), key=lambda e: e[0])
    if until is None or quiet is None:
        return OPEN
    zone = quiet.zone or account.zone
    return Verdict(open=False, reason=f"quiet from {quiet.start:%H:%M} to {quiet.end:%H:%M} ({zone})", until=until)


def cooldown(task: TaskFacts, world: Facts) -> Verdict:
    """Open while the account does not pause after a refusal."""
    account = world.accounts.get(task.account_id) if task.account_id else None
    if account is None or not task.outward or account.cooldown is None or account.cooldown.until <= world.now:
        return OPEN
    reason = f"the account rests after {account.cooldown.cause.replace('_', ' ')}"
    return Verdict(open=False, reason=reason, until=account.cooldown.until)


def budgets(task: TaskFacts, world: Facts) -> Verdict:
    """Open while every rolling window of account, persona, platform and workspace has room."""
    if task.account_id is None or not task.outward:
        return OPEN
    if held := world.parked_for(task, "budgets"):
        return Verdict(open=False, reason=held.reason, until=held.opens_at)
    found = [full(scope.uses, task.capability) for scope in world.budgets.get(task.account_id, ())]
    use = max((one for one in found if one), key=lambda one: one.free_at or world.now, default=None)
    return OPEN if use is None else Verdict(open=False, reason=describe_use(use), until=opens_itself_at(use.free_at))


def spacing(task: TaskFacts, world: Facts) -> Verdict:
    """Open once the last action is far enough back, and so is the last one to this person or with these words."""
    if task.account_id is None or not task.outward:
        return OPEN
    if task.waits_for_effect is not None:
        return Verdict(open=False, reason=SAID_ALREADY, wake_key=f"effect:{task.waits_for_effect}")
    if task.duplicate is not None:
        never = None if task.duplicate.until else "duplicate"
        return Verdict(open=False, reason=task.duplicate.reason, until=task.duplicate.until, fails_with=never, alone=True)
    if held := world.parked_for(task, "spacing"):
        return Verdict(open=False, reason=held.reason, until=held.opens_at)
    ends = [scope.spaced_until for scope in world.budgets.get(task.account_id, ()) if scope.spaced_until is not None]
    return Verdict(open=False, reason="a pause since the last action", until=max(ends)) if ends else OPEN


def credits(task: TaskFacts, world: Facts) -> Verdict:
    """Open once there are credits for it and for every other part of its run, and no earlier task waits for them."""
    if not task.credits or task.account_id is None:
        return OPEN
    ledger = world.credits.get(task.account_id, UNREAD)
    ledger = replace(ledger, queue=ledger.queue or task.credits_queue)
    until = expected_refresh(ledger, world.now)
    reason = why_not(ledger, needs=task.credits, at_least=task.credits_at_least, refreshes_at=until)
    if not reason:
        return OPEN
    # Parked one by one: the same account's other tasks must not wait behind them.
    return Verdict(open=False, reason=reason, until=until, wake_key=f"credits:{task.account_id}")


def making(task: TaskFacts, world: Facts) -> Verdict:
    """Open while the account's platform makes less for it than its limit."""
    account = world.accounts.get(task.account_id) if task.account_id else None
    if account is None or not task.at_once or account.making < task.at_once:
        return OPEN
    reason = f"{account.making} {task.capability}s are being made, at most {task.at_once} at once"
    # Parked one by one, and woken as slots become free: the same account's other tasks must not wait behind them.
    return Verdict(open=False, reason=reason, wake_key=f"making:{task.account_id}")


def lane(task: TaskFacts, world: Facts) -> Verdict:
    """Open while the lane has a worker that does not pause, and room."""
    state = world.lanes.get(task.lane)
    if state is None or state.workers == 0:
        return Verdict(open=False, reason=f"no worker for {task.lane}")
    if rest := state.resting(world.now):
        return Verdict(open=False, reason=rest.reason, until=rest.until)
    if state.load + task.weight > MESSAGES_OUT * state.concurrency:
        return Verdict(open=False, reason=f"{task.lane} is busy")
    return OPEN


# The order is that of the design.
GATES: tuple[Gate, ...] = (
    Gate("approval", "task", safety=True, guards=True, decide=approval),
    Gate("time", "task", safety=False, guards=False, decide=time),
    Gate("dependencies", "task", safety=False, guards=False, decide=dependencies),
    Gate("system", "scope", safety=True, guards=False, decide=system),
    Gate("connection", "scope", safety=True, guards=False, decide=connection),
    Gate("policy", "task", safety=True, guards=True, decide=policy),
    Gate("do_not_contact", "task", safety=True, guards=True, decide=do_not_contact),
    Gate("quiet_hours", "scope", safety=True, guards=True, decide=quiet_hours),
    Gate("cooldown", "scope", safety=True, guards=True, decide=cooldown),
    Gate("budgets", "scope", safety=True, guards=True, decide=budgets),
    Gate("spacing", "scope", safety=True, guards=True, decide=spacing),
    Gate("credits", "task", safety=False, guards=True, decide=credits),
    Gate("making", "task", safety=True, guards=True, decide=making),
    Gate("lane", "scope", safety=False, guards=False, decide=lane),
)

# A verification only reads: it needs a connection and room, and no permission to act.
VERIFY_GATES: tuple[Gate, ...] = tuple(gate for gate in GATES if gate.name in {"connection", "lane"})


def ask(gates: tuple[Gate, ...], task: TaskFacts, world: Facts) -> Iterator[tuple[Gate, Verdict]]:
    """Return every gate's verdict on a task, in order."""
    for gate in gates:
        yield gate, OPEN if task.acted and gate.guards else gate.decide(task, world)


def first_closed(gates: tuple[Gate, ...], task: TaskFacts, world: Facts) -> tuple[Gate, Verdict] | None:
    """Return the first gate that holds this task, or None if all are open."""
    return next(((gate, verdict) for gate, verdict in ask(gates, task, world) if not verdict.open), None)


def opens_at(gates: tuple[Gate, ...], task: TaskFacts, world: Facts) -> datetime | None:
    """Return when the last of the closed gates opens: now where none is closed, None where one does not say."""
    ends = [verdict.until for _, verdict in ask(gates, task, world) if not verdict.open]
    known = [end for end in ends if end is not None]
    return max([world.now, *known]) if len(known) == len(ends) else None
