"""What does an attempt write into the ledger of outward actions? The outcome of each, with its proof."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError

from connectors.contract.action import Action, Receipt
from shared.db import constraint, events
from shared.db.constraint import violated
from shared.db.retry_write import retry_write
from shared.effects import proof_files as proofs
from shared.engine.store import effects, tasks
from shared.engine.store.rows.effect_rows import EffectRow, LedgerEffect
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.errors import OutcomeUnknown
from shared.ids import new_id
from shared.task_types.spec import Proof
from workers.attempts.doubt import write_anew
from workers.attempts.park_budgets import park_full
from workers.attempts.process import WorkerProcess

log = structlog.get_logger()

PROOF_S = 15


@dataclass
class AttemptLedger:
    """The ledger of one attempt's task. `intended` holds effects as they were written, in case PostgreSQL loses them."""

    process: WorkerProcess
    row: ClaimedTask
    intended: dict[UUID, dict[str, Any]] = field(default_factory=dict, init=False)

    async def read(self) -> list[LedgerEffect]:
        """Return all effects of the task, oldest first."""
        async with self.process.single.connect() as connection:
            return await effects.of_task(connection, self.row.id)

    async def of_step(self, step: str) -> list[LedgerEffect]:
        """Return the effects of one step, oldest first."""
        return [row for row in await self.read() if row.step == step]

    async def find_proof(self, effect: EffectRow) -> Proof | None:
        """Return the proof of an effect, None where there is none."""
        async with self.process.single.connect() as connection:
            proof_id = await effects.newest_proof(connection, effect.id)
        return None if proof_id is None else Proof(url=f"/api/proofs/{proof_id}", text=effect.element or "")

    async def settle(self, effect_id: UUID, outcome: str, receipt: Receipt | None = None) -> None:
        """Record the outcome of an effect. Evidence is always accepted; it only moves forward.

        Raises:
            OutcomeUnknown: the platform's id belongs to another effect already; it stays open, for a person.
        """
        was = await self._write_outcome(effect_id, outcome, receipt)
        log.info("effect.settled", effect=str(effect_id), outcome=outcome, was=was)
        await park_full(self.process.engine, self.row)
        if outcome == "confirmed" and was in {"absent", "superseded"}:
            await self._alarm(effect_id, was)

    @retry_write
    async def _write_outcome(self, effect_id: UUID, outcome: str, receipt: Receipt | None) -> str | None:
        """Settle the effect; return what it was, None where it had moved already, perhaps by an earlier try."""
        values = None
        if receipt is not None:
            values = {
                "external_id": receipt.external_id,
                "external_url": receipt.external_url,
                "element": receipt.element,
            }
        try:
            async with self.process.engine.begin() as connection:
                was = await effects.settle(connection, effect_id, outcome, receipt=values)
                if was is None and (row := self.intended.get(effect_id)) is not None:
                    was = await write_anew(connection, self.row, self.process.who, row, outcome, values or {})
                return was
        except IntegrityError as error:
            match violated(error):
                case constraint.STEP:
                    return "superseded"  # the step was begun again because this effect counted as absent
                case constraint.EXTERNAL_ID if receipt is not None:
                    raise _id_taken(receipt) from error
                case _:
                    raise

    async def _alarm(self, effect_id: UUID, was: str) -> None:
        """Report that an effect was concluded to be absent and has happened: nothing of it may be repeated."""
        log.error("effect.alarm", effect=str(effect_id), was=was)
        async with self.process.engine.begin() as connection:
            await tasks.request_cancel(connection, self.row.id)
            data = {"effect": str(effect_id), "was": was}
            await events.append(connection, self.row.workspace_id, "effect.alarm", data, task=self.row.id)

    async def keep_proof(self, action: Action[Any], session: object, effect_id: UUID, receipt: Receipt) -> Proof | None:
        """Take and store the proof of an effect; the effect stands whether or not this works."""
        try:
            async with asyncio.timeout(PROOF_S):
                shown = await action.proof(session, receipt)
            media_type = proofs.media_type_of(shown)
        except Exception as error:  # noqa: BLE001 - a proof is worth no effect
            log.warning("proof.failed", effect=str(effect_id), error=repr(error))
            return None
        proof_id = new_id()
        path = self.process.settings.home / "proofs" / proofs.file_name(proof_id, media_type)
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, shown)
        row = {
            "id": proof_id,
            "workspace_id": self.row.workspace_id,
            "effect_id": effect_id,
            "media_type": media_type,
            "size": len(shown),
        }
        async with self.process.engine.begin() as connection:
            await effects.add_proof(connection, row)
        return Proof(url=f"/api/proofs/{proof_id}", text=receipt.element)


def _id_taken(receipt: Receipt) -> OutcomeUnknown:
    message = (
        f"The platform answered with {receipt.external_id}, which belongs to another action of this account already: "
        "a person must say what came of this one."
    )
    return OutcomeUnknown(code="id_taken", message=message, for_person=True)
