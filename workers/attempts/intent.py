"""May these outward calls be made right now, and is that recorded before they are made?

One transaction, immediately before the calls, for all that a process asks for at the same time in one workspace: every
safety gate again, the kill switch held still, the payload as approved, no cancel, the lease ours and long enough. Then the
effects stand as `intended`, and each call has `call_begin_ms` to begin.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tenacity import retry, retry_if_exception, stop_after_attempt

from connectors.contract.action import Baseline, Deadline, Request
from connectors.contract.manifest import Capability
from shared.db import constraint, events
from shared.db.constraint import violates
from shared.db.session import single_statements
from shared.engine.rules.budgets import Used
from shared.engine.rules.facts import Facts, without
from shared.engine.rules.gates import GATES, SAID_ALREADY, first_closed
from shared.engine.rules.ledger import Standing
from shared.engine.rules.recipients import names_of
from shared.engine.store import attempts, effects, tasks
from shared.engine.store import facts as stored_facts
from shared.engine.store.effects import Said, Taken
from shared.engine.store.limits import budgets
from shared.engine.store.limits.contact_history import Contact
from shared.engine.store.rows.task_rows import ClaimedTask, TaskRow
from shared.errors import CallsheetError, ContentRejected, OutcomeUnknown, Transient
from shared.ids import new_id
from shared.outward_content import beside_text, fingerprint
from shared.settings import Settings
from workers.interrupted import Cancelled, GateClosed, LeaseLost

SAFETY_GATES = tuple(gate for gate in GATES if gate.safety)
LEASE_SHARE = 0.7  # a call ends well before the lease does
SHORTEST_CALL_S = 1.0

_HOLD_SWITCH = text("SELECT hold_switch('kill')")


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that may be made now."""

    effect_id: UUID
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Attempted:
    """The attempt that asks, the step, and the id that its effect gets."""

    attempt_id: int
    task: ClaimedTask
    step: str
    effect_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class ProposedCall:
    """A call that an attempt wants to make."""

    by: Attempted
    request: Request
    baseline: Baseline
    capability: Capability


async def require_unsaid(engine: AsyncEngine, task: ClaimedTask, request: Request) -> None:
    """Check for equal texts with open outcomes before anything is opened for this one; its intent checks again.

    Raises:
        GateClosed: there is one, and the task waits for it.
    """
    async with single_statements(engine).connect() as connection:
        found = (await effects.taken(connection, [], [_said(task, request)])).texts
    for first in found.values():
        raise _waits_for(first)


def _said(task: ClaimedTask, request: Request) -> Said:
    """Return what tells one text of an account from another."""
    return (task.acting.id, request.action, request.target, fingerprint(request.content))


def _waits_for(effect: UUID) -> GateClosed:
    return GateClosed(message=f"duplicates: {SAID_ALREADY}", wake_key=f"effect:{effect}")


# Of two equal texts to the same target the one that is second in the ledger looks again, and finds the first.
@retry(retry=retry_if_exception(violates(constraint.AMBIGUOUS, constraint.STEP)), stop=stop_after_attempt(3), reraise=True)
async def intend_all(
    engine: AsyncEngine, settings: Settings, who: attempts.Process, asked: Sequence[ProposedCall]
) -> list[Intent | CallsheetError]:
    """Write intents for tasks of one workspace that this process has claimed.

    Return for each the intent, or why it has none.

    GateClosed, Cancelled, LeaseLost: it must not be made now. ContentRejected: it may never be made: forbidden, on the
    do-not-contact list, said before. Transient: the lease or the attempt's deadline leaves no time for it. OutcomeUnknown:
    the step has an open effect. A refused one does not affect the others: later ones count those that were allowed.

    Raises:
        DBAPIError: PostgreSQL went away; the intents may be written all the same.
    """
    async with engine.begin() as connection:
        held = await tasks.lock_all(connection, [one.by.task.id for one in asked])
        pairs = [(one.by.attempt_id, one.by.task.id) for one in asked]
        leases = await attempts.lock_leases(connection, who, pairs, settings.lease_s)
        await connection.execute(_HOLD_SWITCH)
        writing = await _begin(connection, settings, asked, held)
        answers = [await writing.write(one, held.get(one.by.task.id), leases.get(one.by.attempt_id)) for one in asked]
        await writing.close()
    return answers


async def _begin(
    connection: AsyncConnection, settings: Settings, asked: Sequence[ProposedCall], held: Mapping[UUID, TaskRow]
) -> _Writing:
    """Return the world as it is once nobody else can count the accounts' budgets."""
    workspace, ids = asked[0].by.task.workspace_id, sorted({one.by.task.acting.id for one in asked})
    # Read before the instant to which it belongs: what the network adds makes a call's time shorter, never longer.
    begun = time.time()
    known = await stored_facts.load(connection, lanes=[], accounts=ids, workspaces=[workspace])
    standing = Standing()
    if any(account.limits for account in known.accounts.values()):
        await budgets.lock(connection, workspace, list(known.accounts.values()))
        # Whoever had to wait for the lock has seen an old world.
        begun = time.time()
        known = await stored_facts.load(connection, lanes=[], accounts=ids, workspaces=[workspace])
        accounts = list(known.accounts.values())
        standing = await budgets.standing(connection, workspace, accounts, known.now, more=len(asked))
    # What was parked is a guess about the time after the last effect; here the ledger itself is counted.
    known = replace(known, scopes=without(known.scopes, {"budgets", "spacing"}))
    said = [_said(one.by.task, one.request) for one in asked]
    anywhere = {one.request.action for one in asked if not one.capability.shows_target}
    taken = await effects.taken(connection, [one.by.task.id for one in asked], said, anywhere=anywhere)
    # Those with a recipient are read one by one: what this very transaction lets through counts for them.
    there = [(held[one.by.task.id], names_of(one.request.target)) for one in asked if one.by.task.id in held]
    people = await stored_facts.recipients(connection, [(task, names) for task, names in there if not task.recipient])
    return _Writing(connection, settings, workspace, known, begun, standing, taken, people)


@dataclass(slots=True)
class _Writing:
    """The intents of one transaction so far. `begun` is this machine's clock just before `known.now`."""

    connection: AsyncConnection
    settings: Settings
    workspace: UUID
    known: Facts
    begun: float
    standing: Standing
    taken: Taken
    people: dict[UUID, Contact]
    ready: list[dict[str, Any]] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)

    async def write(
        self, asked: ProposedCall, held: TaskRow | None, lease_until: datetime | None
    ) -> Intent | CallsheetError:
        """Decide about one call, and store its effect if it may be made."""
        try:
            task, until = _still_ours(held, lease_until)
            call_s = self._time_for(asked, until)
            is_part = self.taken.is_part(asked.by.task.id, asked.by.step)
            await self._require_open(task, asked.request, is_part=is_part)
            self._require_free(asked)
        except CallsheetError as error:
            return error
        effect_id, begin_s = asked.by.effect_id, self.settings.call_begin_ms / 1000
        ends_at = self.known.now + timedelta(seconds=begin_s + call_s)
        row = effect_row(asked, ends_at) | {"part": is_part}
        self.ready.append(row)
        self.taken.add(row)
        account = self.known.accounts.get(asked.by.task.acting.id)
        if account is not None and not is_part:
            self.standing = self.standing.with_one(account, Used(asked.request.action, effect_id, None, ends_at))
        return Intent(effect_id, Deadline(begin_by=self.begun + begin_s, end_by=self.begun + begin_s + call_s))

    def _time_for(self, asked: ProposedCall, lease_until: datetime) -> float:
        """Return how long the call may take (seconds)."""
        longest = asked.capability.call_s
        call_s = min(longest, (lease_until - self.known.now).total_seconds() * LEASE_SHARE)
        if call_s < min(SHORTEST_CALL_S, longest):
            raise Transient(code="no_time", message="Too little of the attempt's time is left for the call.")
        return call_s

    async def _require_open(self, task: TaskRow, request: Request, *, is_part: bool) -> None:
        """Ask every safety gate; a later part of a task's post is counted in the budgets by its first part.

        Raises:
            GateClosed, ContentRejected: one is closed.
        """
        if stored_facts.looks_back(task, self.known):
            await self._store()  # what this very transaction has allowed counts among what was said before
        if task.recipient:
            self.people |= await stored_facts.recipients(self.connection, [(task, names_of(request.target))])
        facts = await stored_facts.outward_facts(self.connection, task, self.known, request.text, self.people.get(task.id))
        known = self.known
        account = known.accounts.get(facts.account_id) if facts.account_id else None
        if account is not None and facts.account_id and facts.outward and not is_part:
            uses = self.standing.for_action(account, facts.capability, known.now)
            known = replace(known, budgets={facts.account_id: uses})
        closed = first_closed(SAFETY_GATES, facts, known)
        if closed is None:
            return
        gate, verdict = closed
        if verdict.fails_with is not None:
            raise ContentRejected(code=verdict.fails_with, message=verdict.reason)
        # The dispatcher does not always see what holds this task alone: it is put off here.
        own = verdict.until is not None and (gate.level == "task" or verdict.alone)
        wait_s = (verdict.until - known.now).total_seconds() if own and verdict.until else 0
        raise GateClosed(message=f"{gate.name}: {verdict.reason}", wait_s=wait_s)

    def _require_free(self, asked: ProposedCall) -> None:
        """Refuse a call whose step, or whose text to the same target, the ledger holds already.

        Raises:
            OutcomeUnknown: the step has an open effect.
            GateClosed: the same text to the same target has one.
        """
        if (asked.by.task.id, asked.by.step) in self.taken.steps:
            raise OutcomeUnknown(message="The step has an open effect already.")
        if (first := self.taken.texts.get(_said(asked.by.task, asked.request))) is not None:
            raise _waits_for(first)

    async def _store(self) -> None:
        """Store what was allowed so far."""
        if self.ready:
            await effects.intend(self.connection, self.ready)
            self.written += self.ready
            self.ready = []

    async def close(self) -> None:
        """Store the rest, park what is full now, and append the events; the last statements of the transaction."""
        await self._store()
        if self.standing.scopes:
            await budgets.park(self.connection, self.workspace, self.standing, self.known.now)
        if self.written:
            await events.append_all(self.connection, self.workspace, [_event(row) for row in self.written])


def _still_ours(task: TaskRow | None, lease_until: datetime | None) -> tuple[TaskRow, datetime]:
    """Return the task as it is locked now, and until when the attempt's lease lasts.

    Raises:
        LeaseLost, Cancelled: the attempt may not act for it any more.
    """
    if lease_until is None:
        raise LeaseLost(message="The attempt's lease has ended.")
    if task is None or task.status != "running":
        raise LeaseLost(message="The task moved on without this attempt.")
    if task.cancel_requested:
        raise Cancelled(message="The task was cancelled.")
    return task, lease_until


def effect_row(asked: ProposedCall, call_deadline: datetime) -> dict[str, Any]:
    """Return the effect of a call, as the ledger stores it from its intent on."""
    task, request = asked.by.task, asked.request
    return {
        "id": asked.by.effect_id,
        "workspace_id": task.workspace_id,
        "task_id": task.id,
        "attempt_id": asked.by.attempt_id,
        "account_id": task.acting.id,
        "platform": task.acting.platform,
        "step": asked.by.step,
        "action": request.action,
        "target": request.target,
        "text": request.text,
        "content": beside_text(request.content),
        "key": request.key,
        "fingerprint": fingerprint(request.content),
        "baseline": effects.baseline_json(asked.baseline.matching_ids, asked.baseline.newest_id),
        "call_deadline": call_deadline,
    }


def _event(row: dict[str, Any]) -> dict[str, Any]:
    data = {"effect": row["id"], "action": row["action"], "target": row["target"]}
    return {"task_id": row["task_id"], "type": "effect.intended", "data": data}
