"""What is the outcome of an outward call without an answer? It is read back, and only what is proved is concluded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract.action import OTHER_FORMAT, Baseline, CannotTell, Receipt
from connectors.contract.manifest import Capability
from shared.db import clock
from shared.db.session import single_statements
from shared.engine.rules.verify import (
    AskPerson,
    Evidence,
    LookAgain,
    SendAgain,
    after_absent_read,
    next_look,
    same_place,
    visible_from,
)
from shared.engine.store import effects
from shared.engine.store.attempts import Ended
from shared.engine.store.rows.effect_rows import EffectRow, LedgerEffect, Twin
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.errors import OutcomeUnknown, Transient
from shared.outward_content import read_content
from workers.attempts.doubt import LOST_SPAN, kept, proves_nothing
from workers.attempts.send_again import send_again
from workers.attempts.work import AttemptWork
from workers.executors.contract import Executor, Step
from workers.interrupted import GateClosed, NotYet

log = structlog.get_logger()

OPEN = {"intended", "unknown"}


async def verify_effect(work: AttemptWork[Any], executor: Executor[Any, Any]) -> Ended:
    """Verify the open effect of an unknown task once and return what happens to the task.

    Raises:
        CallsheetError: the reading itself failed; it proves nothing.
    """
    ledger = await work.ledger.read()
    effect = next((row for row in ledger if row.outcome in OPEN), None)
    if effect is None:
        # Its outcome became known meanwhile, by its own attempt or by a person; or no ledger holds it any more.
        ended = await _go_on(work, executor)
        if ended is not None:
            return ended
        ledger = await work.ledger.read()
        effect = next(row for row in ledger if row.id == work.steps.open_effect)
    action, capability = work.steps.way(effect.action)
    if proves_nothing(work.row, effect, capability):
        return _ask_person(work, "This action cannot be read back: a person must say whether it happened.")
    work.ledger.intended[effect.id] = kept(effect)
    step = Step(effect.step, effect.target, read_content(effect.action, effect.text, effect.content))
    baseline = Baseline(tuple(effect.baseline["matching_ids"]), effect.baseline["newest_id"])
    async with single_statements(work.engine).connect() as connection:
        known = await effects.known_ids(connection, effect)
        over_at = await _over_at(connection, work, effect)
        looked_at = await clock.now(connection)
    async with work.session.open() as session:
        try:
            request = work.steps.request(step, effect.key)
            receipt = await send_again(work, action, session, effect, capability, request)
            if receipt is None:
                receipt = await action.verify(session, request, baseline, known)
        except CannotTell as error:
            return await _undecided(work, effect, error)
        if receipt is not None:
            if doubt := await _confirm(work, effect, capability, receipt):
                return _ask_person(work, doubt)
            await work.ledger.keep_proof(action, session, effect.id, receipt)
            return await _go_on(work, executor) or _look_again(work, looked_at)
    evidence = Evidence(
        now=looked_at,
        known_dead=over_at is not None,
        visible_from=visible_from(effect.call_deadline, over_at, capability.visibility_s),
        absent_reads=effect.absent_reads + 1,
        absent_before=sum(1 for row in ledger if row.step == effect.step and row.outcome == "absent" and row.absent_reads),
        on_browser=not work.row.over_api,
    )
    return await _not_found(work, effect, evidence)


async def _over_at(connection: AsyncConnection, work: AttemptWork[Any], effect: EffectRow) -> datetime | None:
    """Return from when on a call can no longer have been made; for one that is only in doubt, its deadline."""
    if effect.baseline.get(LOST_SPAN):
        return effect.call_deadline
    # What this attempt itself sent again is over by its call's deadline.
    others = [attempt for attempt in effect.called_again if attempt != work.row.attempt_id]
    return await effects.attempts_over_at(connection, [effect.attempt_id, *others])


async def _confirm(work: AttemptWork[Any], effect: EffectRow, capability: Capability, receipt: Receipt) -> str:
    """Settle what was found; return why a person must be asked instead, "" where nobody must."""
    # Asked after the page was read: what began meanwhile can stand on it. A key of ours tells one from the other.
    async with single_statements(work.engine).connect() as connection:
        twins = await effects.open_twins(connection, effect) if capability.verification != "keyed" else []
    if any(not capability.shows_target or _is_like(effect, twin) for twin in twins):
        return f"{receipt.external_url} may be this one or another with the same text, open too."
    try:
        await work.ledger.settle(effect.id, "confirmed", receipt)
    except OutcomeUnknown as error:
        return error.message
    return ""


def _is_like(effect: EffectRow, twin: Twin) -> bool:
    """Return whether what is read back of one effect may be the other one: the same text in the same place."""
    return same_place(effect.target, twin.target) and effect.fingerprint == twin.fingerprint


async def _undecided(work: AttemptWork[Any], effect: EffectRow, error: CannotTell) -> Ended:
    """Ask a person, since several rows fit; where only the words fit, other open orders with them must be settled first.

    Raises:
        Transient: such an order is open.
    """
    if error.code == OTHER_FORMAT:
        async with single_statements(work.engine).connect() as connection:
            if await effects.open_twins(connection, effect):
                raise Transient(code=error.code, message=error.message) from error
    return _ask_person(work, f"{error.message} A person must say what came of it.")


async def _go_on(work: AttemptWork[Any], executor: Executor[Any, Any]) -> Ended | None:
    """Go on with what follows; return None where the next step may have been done in a lost span, and is open now."""
    try:
        result = await executor.perform(work)
    except (GateClosed, NotYet):
        return Ended(work.row.attempt_id, work.row.id, "done", "pending")
    except OutcomeUnknown:
        if not work.steps.wrote_doubt:
            raise
        return None
    return Ended(work.row.attempt_id, work.row.id, "done", "completed", result=result.model_dump(mode="json"))


def _look_again(work: AttemptWork[Any], at: datetime) -> Ended:
    return Ended(work.row.attempt_id, work.row.id, "done", "unknown", verify_at=at)


async def _not_found(work: AttemptWork[Any], effect: LedgerEffect, evidence: Evidence) -> Ended:
    match after_absent_read(evidence):
        case LookAgain(at=at, counts=counts):
            async with work.engine.begin() as connection:
                await effects.note_read(connection, effect.id, counts=counts)
            error = None
            if not evidence.known_dead:
                error = {"code": "outcome_unknown", "message": f"Waits until the lost attempt on {effect.host} is dead."}
            return Ended(work.row.attempt_id, work.row.id, "done", "unknown", verify_at=at, error=error)
        case SendAgain():
            async with work.engine.begin() as connection:
                await effects.note_read(connection, effect.id, counts=True)
            await work.ledger.settle(effect.id, "absent")
            return Ended(work.row.attempt_id, work.row.id, "done", "pending")
        case AskPerson():
            return _ask_person(work, "It is absent once more; a person must decide whether to send it again.")


def _ask_person(work: AttemptWork[Any], message: str) -> Ended:
    error = {"code": "outcome_unknown", "message": message}
    return Ended(work.row.attempt_id, work.row.id, "done", "unknown", error=error, verify_at=None)


def failed_look(row: ClaimedTask, error: dict[str, Any], now: Any) -> Ended:
    """Return the end of a failed verification, which is repeated later, each time after a longer wait."""
    return Ended(row.attempt_id, row.id, "failed", "unknown", error=error, verify_at=next_look(now, row.failed_looks))
