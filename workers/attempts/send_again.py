"""May a call of unknown outcome be repeated, and what is the result?

A platform that takes a key makes nothing twice under one, as long as it remembers it (`Capability.key_lasts_s`): within that
time the call is simply repeated, with the intended content and under the intended key, and its answer is the
outcome. Beyond it, and where anything forbids a call now, the outcome is verified by reading.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import text

from connectors.contract.action import Action, Baseline, Deadline, NotBegun, Receipt, Request
from connectors.contract.manifest import Capability
from shared.engine.rules.effect_keys import lasts
from shared.engine.rules.gates import first_closed
from shared.engine.rules.recipients import names_of
from shared.engine.store import attempts, effects, tasks
from shared.engine.store import facts as stored_facts
from shared.engine.store.rows.effect_rows import EffectRow
from shared.errors import (
    AccountBlocked,
    ActionRequired,
    AuthExpired,
    ContentRejected,
    OutcomeUnknown,
    RateLimited,
    Transient,
)
from workers.attempts.doubt import LOST_SPAN
from workers.attempts.intent import LEASE_SHARE, SAFETY_GATES
from workers.attempts.work import AttemptWork

log = structlog.get_logger()

# What the effect itself takes up does not hold its repetition: it is counted since its intent.
TAKEN_UP = frozenset({"budgets", "spacing", "making"})
GATES = tuple(gate for gate in SAFETY_GATES if gate.name not in TAKEN_UP)
# A refusal of the repetition is not one of the first call, whose outcome is then read.
REFUSED = (AccountBlocked, ActionRequired, ContentRejected)

_HOLD_SWITCH = text("SELECT hold_switch('kill')")


async def send_again(
    work: AttemptWork[Any],
    action: Action[Any],
    session: object,
    effect: EffectRow,
    capability: Capability,
    request: Request,
) -> Receipt | None:
    """Repeat the call of an open effect under its key; return None where its outcome is to be verified instead.

    Raises:
        Transient: it could not be made just now.
        AuthExpired, RateLimited: the platform asks for something else first.
        OutcomeUnknown: this call got no answer either.
    """
    if not capability.key_lasts_s or effect.baseline.get(LOST_SPAN):
        return None
    deadline = await _allowed(work, effect, capability, request)
    if deadline is None:
        return None
    work.process.has_called.add(work.row.attempt_id)
    baseline = Baseline(tuple(effect.baseline["matching_ids"]), effect.baseline["newest_id"])
    log.info("effect.sent_again", effect=str(effect.id), key=request.key)
    try:
        async with asyncio.timeout(deadline.remaining() + 1):
            return await action.commit(session, request, baseline, deadline)
    except NotBegun as error:
        raise Transient(code=error.code, message=f"It was not sent again: {error.message}") from error
    except REFUSED as error:
        log.info("effect.repetition_refused", effect=str(effect.id), code=error.code)
        return None
    except (AuthExpired, RateLimited):
        raise
    except Exception as error:
        raise OutcomeUnknown(message=str(error) or type(error).__name__) from error


async def _allowed(work: AttemptWork[Any], effect: EffectRow, capability: Capability, request: Request) -> Deadline | None:
    """Ask the gates of a first call, and record the repetition; return until when, None where it may not be made."""
    row, settings = work.row, work.settings
    async with work.engine.begin() as connection:
        task = await tasks.lock(connection, row.id)
        leases = await attempts.lock_leases(connection, work.process.who, [(row.attempt_id, row.id)], settings.lease_s)
        await connection.execute(_HOLD_SWITCH)
        begun = time.time()
        known = await stored_facts.load(connection, lanes=[], accounts=[row.acting.id], workspaces=[row.workspace_id])
        until = leases.get(row.attempt_id)
        if task is None or until is None or task.cancel_requested:
            return None
        begin_s = settings.call_begin_ms / 1000
        call_s = min(capability.call_s, (until - known.now).total_seconds() * LEASE_SHARE)
        if not lasts(effect.intended_at, capability.key_lasts_s, known.now, begin_s + call_s):
            return None
        people = await stored_facts.recipients(connection, [(task, names_of(request.target))])
        closed = first_closed(GATES, stored_facts.facts_of(task, (), people.get(task.id)), known)
        if closed is not None:
            log.info("effect.not_sent_again", effect=str(effect.id), gate=closed[0].name, reason=closed[1].reason)
            return None
        ends_at = known.now + timedelta(seconds=begin_s + call_s)
        if not await effects.note_call(connection, effect.id, row.attempt_id, ends_at):
            return None  # its outcome has become known
    return Deadline(begin_by=begun + begin_s, end_by=begun + begin_s + call_s)
