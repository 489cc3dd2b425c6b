"""How is an outward step done once? Prepare, intent, one call, result: three commits around one click or request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, NoReturn
from uuid import UUID

import structlog
from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.browser.driver import BrowserSession
from connectors.contract.action import (
    AccountFacts,
    Action,
    Baseline,
    NotBegun,
    Receipt,
    Request,
)
from connectors.contract.film import Film
from connectors.contract.manifest import Capability
from connectors.contract.session import LocatorDrift
from connectors.registry import MANIFESTS, load_action, load_asking, load_film, load_reader, measure_of, require_open
from shared.accounts.acting import ActingAccount
from shared.accounts.refresh import Refresher
from shared.db import clock, constraint, events
from shared.db.constraint import violated
from shared.db.retry_write import retry_write
from shared.db.session import single_statements
from shared.effects import proof_files as proofs
from shared.engine.rules.effect_keys import key_for
from shared.engine.store import effects, tasks
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
from shared.ids import new_id
from shared.settings import Settings
from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import Proof
from shared.tasks.resolve import TOLD
from workers.attempts.doubt import is_in_doubt, write_anew, write_doubt
from workers.attempts.evidence import keep_evidence
from workers.attempts.intent import Attempted, Intent, ProposedCall, effect_row, require_unsaid
from workers.attempts.park_budgets import park_full
from workers.attempts.process import WorkerProcess
from workers.attempts.sign_in import SignIn
from workers.executors.contract import Done, P, Step
from workers.interrupted import GateClosed

log = structlog.get_logger()

PROOF_S = 15

# A sign-in that has ended is refused like the rest; it is refreshed, and the step done anew (`SignIn.twice`).
REFUSALS = (AccountBlocked, RateLimited, ContentRejected, ActionRequired, AuthExpired)


@dataclass
class AttemptWork(Generic[P]):
    """One attempt at one task: what its executor works with.

    `open_effect` is set from before the intent is asked for until the outcome is recorded, and `called` from just before
    the call: if the attempt ends in between, the outcome is unknown, whatever the error says. `may_act` is false for a look
    at an unknown outcome. `intended` are effects as they were written, should PostgreSQL lose them; `wrote_doubt` says that
    one was written that it may have lost.
    """

    process: WorkerProcess
    row: Row[Any]
    payload: P
    may_act: bool = True
    open_effect: UUID | None = field(default=None, init=False)
    called: bool = field(default=False, init=False)
    intended: dict[UUID, dict[str, Any]] = field(default_factory=dict, init=False)
    wrote_doubt: bool = field(default=False, init=False)
    done_steps: set[str] = field(default_factory=set, init=False)
    sign_in: SignIn = field(init=False)
    drift: dict[str, LocatorDrift] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Nobody has signed in yet."""
        self.sign_in = SignIn(self.process.refresher, self.row)

    @property
    def refresher(self) -> Refresher:
        """What fresh tokens are got with."""
        return self.process.refresher

    @property
    def task_id(self) -> UUID:
        """The task."""
        return self.row.id  # type: ignore[no-any-return]  # a row has no static types

    @property
    def settings(self) -> Settings:
        """The process's settings."""
        return self.process.settings

    @property
    def engine(self) -> AsyncEngine:
        """PostgreSQL, as a worker."""
        return self.process.engine

    @property
    def acted(self) -> bool:
        """Whether every outward step that its type has is known to be done."""
        steps = TASK_TYPES[self.row.type].effects
        return bool(steps) and self.done_steps.issuperset(steps)

    @property
    def in_doubt(self) -> bool:
        """Whether an outward call may have been made whose outcome is not recorded."""
        return self.open_effect is not None and self.called

    @property
    def account(self) -> ActingAccount:
        """The account that acts."""
        return ActingAccount(self.row.account_id, self.row.workspace_id, self.row.platform, self.row.handle)

    async def now(self) -> datetime:
        """The instant, on PostgreSQL's clock."""
        async with single_statements(self.engine).connect() as connection:
            return await clock.now(connection)

    async def read(self, capability: str) -> Any:
        """Read something of the account; see `executors/contract.py`."""
        reader = load_reader(self.row.platform, capability, self.row.transport)
        async with self.session() as session:
            return await reader.read(session)

    async def ask(self, capability: str, question: object) -> Any:
        """Read what answers a question; see `executors/contract.py`."""
        asking = load_asking(self.row.platform, capability, self.row.transport)
        async with self.session() as session:
            return await asking.ask(session, question)

    @asynccontextmanager
    async def following(self, capability: str) -> AsyncIterator[tuple[Film[Any], Any]]:
        """What follows the order of a film, with a session for it; see `executors/contract.py`."""
        film = load_film(self.row.platform, capability, self.row.transport)
        async with self.session() as session:
            yield film, session

    async def keep_evidence(self, evidence: dict[str, str]) -> None:
        """Keep what a page looked like; see `executors/contract.py`."""
        await keep_evidence(self.engine, self.settings, self.row, TASK_TYPES[self.row.type].capability, evidence)

    async def do(self, step: Step) -> Done:
        """Do an outward step at most once; see `executors/contract.py`."""
        ledger = await self._ledger(step.name)
        for effect in ledger:
            if effect.outcome == "confirmed":
                self.done_steps.add(step.name)
                return await self._done(step, effect)
            if effect.outcome in {"intended", "unknown"}:
                self.open_effect, self.called = effect.id, True
                raise OutcomeUnknown(message=f"What came of step {step.name!r} is not known yet.")
        if is_in_doubt(self.row, ledger):
            await self._doubt(step, ledger)
        if not self.may_act:
            raise GateClosed(message=f"step {step.name!r} is still to be done")
        if self.process.is_stopping:
            raise GateClosed(message="its worker was stopped")
        action, capability = self.way(step.content.action)
        # Measured when it was submitted, too; but the results of other tasks may have made it longer since.
        for problem in measure_of(self.row.platform)(step.content):
            raise ContentRejected(code=problem.code, message=problem.message)
        request = self.request(step, self._key(step, ledger))
        await require_unsaid(self.engine, self.row, request)
        async with self.session() as session:
            baseline = await action.prepare(session, request)
            by = Attempted(self.row.attempt_id, self.row, step.name)
            intent = await self._intend(ProposedCall(by, request, baseline, capability))
            receipt = await self._call(action, session, request, baseline, intent)
            await self.settle(intent.effect_id, "confirmed", receipt)
            self.open_effect = None
            self.done_steps.add(step.name)
            proof = await self.keep_proof(action, session, intent.effect_id, receipt)
        return Done(receipt.external_id, receipt.external_url, proof)

    async def _doubt(self, step: Step, ledger: Sequence[Row[Any]]) -> NoReturn:
        """Have looked for first what may have been done in a span that PostgreSQL has lost.

        Raises:
            OutcomeUnknown: always; GateClosed: the same text to the same target is looked for already.
        """
        request = self.request(step, self._key(step, ledger))
        await require_unsaid(self.engine, self.row, request)
        _, capability = self.way(step.content.action)
        asked = ProposedCall(Attempted(self.row.attempt_id, self.row, step.name), request, Baseline((), None), capability)
        async with self.engine.begin() as connection:
            await write_doubt(connection, asked, self.settings.call_begin_ms / 1000)
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
            # Its commit may have happened, and its call will not: nobody has to look for what never began.
            await self.settle(asked.by.effect_id, "absent")
            self.open_effect = None
            raise
        self.intended[intent.effect_id] = effect_row(asked, datetime.fromtimestamp(intent.deadline.end_by, UTC))
        return intent

    async def close_open_effect(self) -> None:
        """Say what is known of the effect that is still open as the attempt ends: a call never begun has done nothing."""
        if self.open_effect is not None:
            await self.settle(self.open_effect, "unknown" if self.called else "absent")

    async def _call(
        self, action: Action[Any], session: object, request: Request, baseline: Baseline, intent: Intent
    ) -> Receipt:
        self.called = True
        self.process.has_called.add(self.row.attempt_id)
        try:
            async with asyncio.timeout(intent.deadline.remaining() + 1):
                return await action.commit(session, request, baseline, intent.deadline)
        except NotBegun as error:
            await self.settle(intent.effect_id, "absent")
            self.open_effect = None
            raise GateClosed(message=f"the call was abandoned: {error.message}", wait_s=1) from error
        except REFUSALS:
            await self.settle(intent.effect_id, "refused")
            self.open_effect = None
            raise
        except Exception as error:
            # Whatever else went wrong, the click may have reached the platform.
            log.warning("effect.outcome_unknown", effect=str(intent.effect_id), error=repr(error))
            await self.settle(intent.effect_id, "unknown")
            raise OutcomeUnknown(message=str(error) or type(error).__name__) from error

    def way(self, name: str) -> tuple[Action[Any], Capability]:
        """The code and the declaration of a capability over this account's transport.

        Raises:
            NotConfigured: the connector cannot do it.
        """
        capability = MANIFESTS[self.row.platform].capability(name, self.row.transport)
        action = load_action(self.row.platform, name, self.row.transport)
        if capability is None:
            raise NotConfigured(code="unsupported", message=f"{self.row.platform} does not declare {name!r}.")
        return action, capability

    def request(self, step: Step, key: str | None) -> Request:
        """The step as a connector gets it, with the key of its intent; None is one of a release that wrote none."""
        return Request(step.target, step.content, key or key_for("hash", self.row.id, step.name, self.row.created_at))

    def _key(self, step: Step, ledger: Sequence[Row[Any]]) -> str:
        """The key of the step: as its first intent has it, else made now."""
        if ledger:
            return self.request(step, ledger[0].key).key
        _, capability = self.way(step.content.action)
        return key_for(capability.key_form, self.row.id, step.name, self.row.created_at)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[object]:
        """The transport's session for this account; the browser it drives is noted for the keeper.

        Raises:
            NotConfigured: this worker does not drive that transport, or nobody answers there any more.
        """
        transport = self.process.sessions.get(self.row.transport)
        if transport is None:
            raise NotConfigured(setting="transport", message=f"This worker does not drive {self.row.transport}.")
        credentials = await self.sign_in.credentials()
        account = AccountFacts(
            id=str(self.row.account_id),
            platform=self.row.platform,
            handle=self.row.handle,
            origin=credentials.get("base_url", self.row.origin).rstrip("/"),
            credentials=credentials,
        )
        require_open(account)
        async with transport.session(account) as session:
            await self.process.note_browser(self.row.attempt_id, transport.browser_of(account.id))
            try:
                yield session
            finally:
                if isinstance(session, BrowserSession):
                    self.drift |= {found.locator: found for found in session.driver.locator_drift()}

    async def settle(self, effect_id: UUID, outcome: str, receipt: Receipt | None = None) -> None:
        """Record what came of an effect. Evidence is always accepted; it only moves forward.

        Raises:
            OutcomeUnknown: the platform's id belongs to another effect already; it stays open, for a person.
        """
        was = await self._write_outcome(effect_id, outcome, receipt)
        log.info("effect.settled", effect=str(effect_id), outcome=outcome, was=was)
        await park_full(self.engine, self.row)
        if outcome == "confirmed" and was in {"absent", "superseded"}:
            await self._alarm(effect_id, was)

    @retry_write
    async def _write_outcome(self, effect_id: UUID, outcome: str, receipt: Receipt | None) -> str | None:
        """Settle the effect; answers what it was, None where it had moved already, by an earlier try perhaps."""
        values = None
        if receipt is not None:
            values = {
                "external_id": receipt.external_id,
                "external_url": receipt.external_url,
                "element": receipt.element,
            }
        try:
            async with self.engine.begin() as connection:
                was = await effects.settle(connection, effect_id, outcome, receipt=values)
                if was is None and (row := self.intended.get(effect_id)) is not None:
                    was = await write_anew(connection, self.row, self.process.who, row, outcome, values or {})
                return was
        except IntegrityError as error:
            match violated(error):
                case constraint.STEP:
                    return "superseded"  # the step, taken for absent, was begun again
                case constraint.EXTERNAL_ID if receipt is not None:
                    raise _id_taken(receipt) from error
                case _:
                    raise

    async def _alarm(self, effect_id: UUID, was: str) -> None:
        """What was concluded to be absent has happened: the conclusion was wrong, and nothing of it may be repeated."""
        log.error("effect.alarm", effect=str(effect_id), was=was)
        async with self.engine.begin() as connection:
            await tasks.request_cancel(connection, self.row.id)
            data = {"effect": str(effect_id), "was": was}
            await events.append(connection, self.row.workspace_id, "effect.alarm", data, task=self.row.id)

    async def keep_proof(self, action: Action[Any], session: object, effect_id: UUID, receipt: Receipt) -> Proof | None:
        """Take and keep what shows an effect; the effect stands whether or not this works."""
        try:
            async with asyncio.timeout(PROOF_S):
                shown = await action.proof(session, receipt)
            media_type = proofs.media_type_of(shown)
        except Exception as error:  # noqa: BLE001 - a proof is worth no effect
            log.warning("proof.failed", effect=str(effect_id), error=repr(error))
            return None
        proof_id = new_id()
        path = self.settings.home / "proofs" / proofs.file_name(proof_id, media_type)
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, shown)
        row = {
            "id": proof_id,
            "workspace_id": self.row.workspace_id,
            "effect_id": effect_id,
            "media_type": media_type,
            "size": len(shown),
        }
        async with self.engine.begin() as connection:
            await effects.add_proof(connection, row)
        return Proof(url=f"/api/proofs/{proof_id}", text=receipt.element)

    async def _ledger(self, step: str) -> list[Row[Any]]:
        async with single_statements(self.engine).connect() as connection:
            return [row for row in await effects.of_task(connection, self.row.id) if row.step == step]

    async def _done(self, step: Step, effect: Row[Any]) -> Done:
        """What a step came to that was confirmed before; a screenshot that its attempt did not live to take is taken now.

        Of what a person has seen without an id there is none.
        """
        async with single_statements(self.engine).connect() as connection:
            proof_id = await effects.newest_proof(connection, effect.id)
        if proof_id is not None:
            proof: Proof | None = Proof(url=f"/api/proofs/{proof_id}", text=effect.element or "")
        elif self.may_act and not effect.external_id.startswith(TOLD):
            action, _ = self.way(step.content.action)
            receipt = Receipt(effect.external_id, effect.external_url, effect.element or "")
            async with self.session() as session:
                proof = await self.keep_proof(action, session, effect.id, receipt)
        else:
            proof = None
        return Done(effect.external_id, effect.external_url, proof)


def _id_taken(receipt: Receipt) -> OutcomeUnknown:
    message = (
        f"The platform answered with {receipt.external_id}, which belongs to another action of this account already: "
        "a person must say what came of this one."
    )
    return OutcomeUnknown(code="id_taken", message=message, for_person=True)
