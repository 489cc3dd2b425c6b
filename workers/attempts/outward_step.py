"""How is an outward step done once? Prepare, intent, one call, result: three commits around one click or request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from connectors.contract.action import (
    Action,
    Baseline,
    NotBegun,
    Receipt,
    Request,
)
from connectors.contract.manifest import Capability
from connectors.registry import MANIFESTS, load_action, measure_of
from shared.engine.rules.effect_keys import key_for
from shared.engine.store import scopes
from shared.engine.store.rows.effect_rows import EffectRow
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.errors import (
    AccountBlocked,
    ActionRequired,
    AuthExpired,
    CallsheetError,
    ContentRejected,
    NotConfigured,
    OutcomeUnknown,
    RateLimited,
)
from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import Proof
from shared.tasks.resolve import TOLD
from workers.attempts.doubt import is_in_doubt, write_doubt
from workers.attempts.effect_ledger import AttemptLedger
from workers.attempts.intent import Attempted, Intent, ProposedCall, effect_row, require_unsaid
from workers.attempts.process import WorkerProcess
from workers.attempts.session import AccountSession
from workers.executors.contract import Done, Step
from workers.interrupted import Cancelled, GateClosed

log = structlog.get_logger()

# A sign-in that has ended is refused like the rest; it is refreshed, and the step done anew (`SignIn.twice`).
REFUSALS = (AccountBlocked, RateLimited, ContentRejected, ActionRequired, AuthExpired)


@dataclass
class OutwardSteps:
    """The outward steps of one attempt.

    `open_effect` is set from before the intent is asked for until the outcome is recorded, and `called` from just before
    the call: if the attempt ends in between, the outcome is unknown, whatever the error says. `may_act` is false for a
    verification of an unknown outcome. `wrote_doubt` says that an effect was written that PostgreSQL may have lost.
    """

    process: WorkerProcess
    row: ClaimedTask
    session: AccountSession
    ledger: AttemptLedger
    may_act: bool
    open_effect: UUID | None = field(default=None, init=False)
    called: bool = field(default=False, init=False)
    wrote_doubt: bool = field(default=False, init=False)
    done_steps: set[str] = field(default_factory=set, init=False)

    @property
    def acted(self) -> bool:
        """Return whether every outward step of its type is known to be done."""
        return TASK_TYPES[self.row.type].is_done_by(self.done_steps)

    @property
    def in_doubt(self) -> bool:
        """Return whether an outward call may have been made whose outcome is not recorded."""
        return self.open_effect is not None and self.called

    async def do(self, step: Step) -> Done:
        """Do an outward step at most once; see `executors/contract.py`."""
        if not TASK_TYPES[self.row.type].has_step(step.name):
            message = f"A {self.row.type} has no outward step {step.name!r}."
            raise ValueError(message)
        ledger = await self.ledger.of_step(step.name)
        for effect in ledger:
            if effect.outcome == "confirmed":
                self.done_steps.add(step.name)
                return await self._done(step, effect)
            if effect.outcome in {"intended", "unknown"}:
                self.open_effect, self.called = effect.id, True
                raise OutcomeUnknown(message=f"What came of step {step.name!r} is not known yet.")
        if self.row.cancel_requested:
            raise Cancelled(message="The task was cancelled.")  # before anything is opened for it; its intent asks again
        if is_in_doubt(self.row, ledger):
            await self._doubt(step, ledger)
        if not self.may_act:
            raise GateClosed(message=f"step {step.name!r} is still to be done")
        if self.process.is_stopping:
            raise GateClosed(message="its worker was stopped")
        action, capability = self.way(step.content.action)
        # Measured when it was submitted, too; but the results of other tasks may have made it longer since.
        for problem in measure_of(self.session.account.platform)(step.content):
            raise ContentRejected(code=problem.code, message=problem.message)
        request = self.request(step, self._key(step, ledger))
        await require_unsaid(self.process.engine, self.row, request)
        async with self.session.open() as session:
            baseline = await action.prepare(session, request)
            by = Attempted(self.row.attempt_id, self.row, step.name)
            intent = await self._intend(ProposedCall(by, request, baseline, capability))
            receipt = await self._call(action, session, request, baseline, intent)
            await self.ledger.settle(intent.effect_id, "confirmed", receipt)
            self.open_effect = None
            self.done_steps.add(step.name)
            proof = await self.ledger.keep_proof(action, session, intent.effect_id, receipt)
        return Done(receipt.external_id, receipt.external_url, proof)

    async def _doubt(self, step: Step, ledger: Sequence[EffectRow]) -> NoReturn:
        """Have what may have been done in a lost span looked up first.

        Raises:
            OutcomeUnknown: always; GateClosed: the same text to the same target is looked up already.
        """
        request = self.request(step, self._key(step, ledger))
        await require_unsaid(self.process.engine, self.row, request)
        _, capability = self.way(step.content.action)
        asked = ProposedCall(Attempted(self.row.attempt_id, self.row, step.name), request, Baseline((), None), capability)
        async with self.process.engine.begin() as connection:
            await write_doubt(connection, asked, self.process.settings.call_begin_ms / 1000)
        self.open_effect, self.called, self.wrote_doubt = asked.by.effect_id, True, True
        raise OutcomeUnknown(message="It may have been done in a span that PostgreSQL has lost: that is looked for first.")

    async def _intend(self, asked: ProposedCall) -> Intent:
        # Before the wait: it may be written although this attempt runs out of its time meanwhile.
        self.open_effect, self.called = asked.by.effect_id, False
        try:
            intent = await self.process.intents.write(asked)
        except CallsheetError:
            self.open_effect = None  # it was refused, and is not written
            raise
        except DBAPIError:
            # Its commit may have happened, and its call will not: what never began needs no verification.
            await self.ledger.settle(asked.by.effect_id, "absent")
            self.open_effect = None
            raise
        self.ledger.intended[intent.effect_id] = effect_row(asked, datetime.fromtimestamp(intent.deadline.end_by, UTC))
        return intent

    async def close_open_effect(self) -> None:
        """Settle what is known of the effect that is still open as the attempt ends: a call never begun has done nothing."""
        if self.open_effect is not None:
            await self.ledger.settle(self.open_effect, "unknown" if self.called else "absent")

    async def _call(
        self, action: Action[Any], session: object, request: Request, baseline: Baseline, intent: Intent
    ) -> Receipt:
        self.called = True
        self.process.has_called.add(self.row.attempt_id)
        try:
            async with asyncio.timeout(intent.deadline.remaining() + 1):
                return await action.commit(session, request, baseline, intent.deadline)
        except NotBegun as error:
            await self.ledger.settle(intent.effect_id, "absent")
            self.open_effect = None
            raise GateClosed(message=f"the call was abandoned: {error.message}", wait_s=1) from error
        except REFUSALS:
            await self.ledger.settle(intent.effect_id, "refused")
            self.open_effect = None
            raise
        except Exception as error:
            # Whatever else went wrong, the click may have reached the platform.
            log.warning("effect.outcome_unknown", effect=str(intent.effect_id), error=repr(error))
            await self.ledger.settle(intent.effect_id, "unknown")
            raise OutcomeUnknown(message=str(error) or type(error).__name__) from error

    def way(self, name: str) -> tuple[Action[Any], Capability]:
        """Return the code and the declaration of a capability over this account's transport.

        Raises:
            NotConfigured: the connector cannot do it.
        """
        acting = self.session.account
        capability = MANIFESTS[acting.platform].capability(name, acting.transport)
        action = load_action(acting.platform, name, acting.transport)
        if capability is None:
            raise NotConfigured(code="unsupported", message=f"{acting.platform} does not declare {name!r}.")
        return action, capability

    def request(self, step: Step, key: str | None) -> Request:
        """Return the step as a connector gets it, with the key of its intent; None is of a release that wrote none."""
        return Request(step.target, step.content, key or key_for("hash", self.row.id, step.name, self.row.created_at))

    def _key(self, step: Step, ledger: Sequence[EffectRow]) -> str:
        """Return the key of the step: that of its first intent, else a new one."""
        if ledger:
            return self.request(step, ledger[0].key).key
        _, capability = self.way(step.content.action)
        return key_for(capability.key_form, self.row.id, step.name, self.row.created_at)

    async def _done(self, step: Step, effect: EffectRow) -> Done:
        """Return the result of a step that was confirmed before; a screenshot that is still missing is taken now.

        There is none of an effect that a person has confirmed without an id, and none is taken while a pause holds the
        account: nothing of the platform is touched then. The effect stands without one.
        """
        receipt = Receipt(effect.external_id or "", effect.external_url or "", effect.element or "")
        proof = await self.ledger.find_proof(effect)
        if proof is None and self.may_act and not receipt.external_id.startswith(TOLD):
            try:
                proof = await self._proof_of(step, effect, receipt)
            except Exception as error:  # noqa: BLE001 - a proof is worth no effect
                log.warning("proof.failed", effect=str(effect.id), error=repr(error))
        return Done(receipt.external_id, receipt.external_url, proof)

    async def _proof_of(self, step: Step, effect: EffectRow, receipt: Receipt) -> Proof | None:
        async with self.process.single.connect() as connection:
            if await scopes.holds(connection, self.row):
                return None
        action, _ = self.way(step.content.action)
        async with self.session.open() as session:
            return await self.ledger.keep_proof(action, session, effect.id, receipt)
