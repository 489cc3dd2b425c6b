"""May this outward call be made right now, and is that written down before it is made?

One transaction, immediately before the call: every safety gate again, the kill switch held still, the payload as
approved, no cancel, the lease ours and long enough. Then the effect stands as `intended`, and the call has
`call_begin_ms` to begin.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.contract.action import Baseline, Deadline, Request
from connectors.contract.manifest import Capability
from shared.db.repositories import budgets, effects, events, tasks, world
from shared.errors import CallsheetError, ContentRejected, OutcomeUnknown, Transient
from shared.ids import new_id
from shared.scheduling.facts import World, without
from shared.scheduling.gates import GATES, first_closed
from shared.settings import Settings
from workers.budget import park_full

SAFETY_GATES = tuple(gate for gate in GATES if gate.safety)
LEASE_SHARE = 0.7  # a call ends well before the lease does
SHORTEST_CALL_S = 1.0

_HOLD_ATTEMPT = text(
    """
    UPDATE attempts SET lease_until = least(deadline_at, clock_timestamp() + make_interval(secs => :lease))
    WHERE id = :id AND ended_at IS NULL AND lease_until > clock_timestamp()
    RETURNING extract(epoch FROM lease_until - clock_timestamp()) AS left_s, clock_timestamp() AS now
    """
)
_HOLD_SWITCH = text("SELECT is_on FROM switches WHERE name = 'kill' FOR SHARE")


@dataclass(eq=False)
class GateClosed(CallsheetError):
    """A safety gate closed before the outward step; the task waits again (`wait_s` at least) and loses no retry."""

    code: str = "gate_closed"
    wait_s: float = 0


@dataclass(eq=False)
class Cancelled(CallsheetError):
    """Somebody cancelled the task before the outward step."""

    code: str = "cancelled"


@dataclass(eq=False)
class LeaseLost(CallsheetError):
    """The attempt is no longer the one that may act."""

    code: str = "lease_lost"


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that may be made now."""

    effect_id: UUID
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Attempted:
    """Which attempt asks, for which step, and the id that its effect gets."""

    attempt_id: int
    task: Row[Any]
    step: str
    effect_id: UUID = field(default_factory=new_id)


def fingerprint(request: Request) -> str:
    """What makes two texts the same: their letters, whatever their spacing and case."""
    plain = " ".join(request.text.split()).casefold()
    return hashlib.sha256(plain.encode()).hexdigest()


async def intend(
    engine: AsyncEngine, settings: Settings, asked: Attempted, request: Request, baseline: Baseline, capability: Capability
) -> Intent:
    """Write the intent.

    Raises:
        GateClosed, Cancelled, LeaseLost: the call must not be made.
        ContentRejected: it may never be made: forbidden, not to be contacted, said before.
        Transient: the lease or the attempt's deadline leaves no time for the call.
        OutcomeUnknown: the step has an open effect.
        DBAPIError: PostgreSQL went away; the intent may be written all the same.
    """
    asked_at = time.time()
    try:
        async with engine.begin() as connection:
            task = await tasks.lock(connection, asked.task.id)
            left_s, now = await _hold_attempt(connection, settings, asked.attempt_id)
            if task is None or task.status != "running":
                raise LeaseLost(message="The task moved on without this attempt.")
            if task.cancel_requested:
                raise Cancelled(message="The task was cancelled.")
            known = await _ask_gates(connection, task, request.text)
            call_s = min(capability.call_s, left_s * LEASE_SHARE)
            if call_s < min(SHORTEST_CALL_S, capability.call_s):
                raise Transient(code="no_time", message="Too little of the attempt's time is left for the call.")
            begin_s = settings.call_begin_ms / 1000
            ends_at: datetime = now + timedelta(seconds=begin_s + call_s)
            await effects.intend(connection, _row(asked, request, baseline, ends_at))
            if (account := known.accounts.get(task.account_id)) is not None and account.limits:
                await budgets.park(connection, task.workspace_id, account, now)
            data = {"effect": str(asked.effect_id), "action": request.action, "target": request.target}
            await events.append(connection, task.workspace_id, "effect.intended", data, task=task.id)
    except IntegrityError as error:
        raise _open_already(error) from error
    except GateClosed:
        await park_full(engine, asked.task)
        raise
    return Intent(asked.effect_id, Deadline(begin_by=asked_at + begin_s, end_by=asked_at + begin_s + call_s))


async def _hold_attempt(connection: AsyncConnection, settings: Settings, attempt_id: int) -> tuple[float, datetime]:
    values = {"id": attempt_id, "lease": settings.lease_s}
    row = (await connection.execute(_HOLD_ATTEMPT, values)).one_or_none()
    if row is None:
        raise LeaseLost(message="The attempt's lease has ended.")
    return float(row.left_s), row.now


async def _ask_gates(connection: AsyncConnection, task: Row[Any], words: str) -> World:
    """The world in which every safety gate is open; budgets are counted after their scopes are locked."""
    await connection.execute(_HOLD_SWITCH)
    known = await world.load(connection, lanes=[], accounts=[task.account_id] if task.account_id else [])
    facts = await world.outward_facts(connection, task, known, words)
    if (account := known.accounts.get(task.account_id)) is not None:
        if account.limits:
            await budgets.lock(connection, task.workspace_id, account)
            # Whoever had to wait for the lock has seen an old world.
            known = await world.load(connection, lanes=[], accounts=[task.account_id])
        # What was parked is a guess about the time after the last effect; here the ledger itself is counted.
        known = replace(await world.count(connection, facts, known), scopes=without(known.scopes, {"budgets", "spacing"}))
    closed = first_closed(SAFETY_GATES, facts, known)
    if closed is not None:
        gate, verdict = closed
        if verdict.fails_with is not None:
            raise ContentRejected(code=verdict.fails_with, message=verdict.reason)
        # What holds this task alone is not seen by the dispatcher in all cases: it is put off here.
        own = verdict.until is not None and (gate.level == "task" or verdict.alone)
        wait_s = (verdict.until - known.now).total_seconds() if own and verdict.until else 0
        raise GateClosed(message=f"{gate.name}: {verdict.reason}", wait_s=wait_s)
    return known


def _row(asked: Attempted, request: Request, baseline: Baseline, call_deadline: datetime) -> dict[str, Any]:
    return {
        "id": asked.effect_id,
        "workspace_id": asked.task.workspace_id,
        "task_id": asked.task.id,
        "attempt_id": asked.attempt_id,
        "account_id": asked.task.account_id,
        "persona_id": effects.persona_of(asked.task.account_id),
        "platform": asked.task.platform,
        "step": asked.step,
        "action": request.action,
        "target": request.target,
        "text": request.text,
        "fingerprint": fingerprint(request),
        "baseline": effects.baseline_json(baseline.matching_ids, baseline.newest_id),
        "outcome": "intended",
        "call_deadline": call_deadline,
    }


def _open_already(error: IntegrityError) -> CallsheetError:
    if "uq_effects_ambiguous" in str(error.orig):
        return GateClosed(message="duplicates: the outcome of the same text to the same target is not known yet", wait_s=5)
    return OutcomeUnknown(message="The step has an open effect already.")
