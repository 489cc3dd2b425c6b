"""How is a `credits_check` done? By reading the account's page and noting what it says, or that it says nothing."""

from __future__ import annotations

from shared.credits.observe import observe_credits
from shared.engine.rules.credits import Observation
from shared.task_types.credits_check import SPEC, CreditsCheckPayload, CreditsCheckResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[CreditsCheckPayload]) -> CreditsCheckResult:
    """Look, keep the evidence of what could not be read, and note it."""
    checked_at = await work.now()
    found = await work.read(SPEC.capability)
    if found.evidence:
        await work.keep_evidence(found.evidence)
    observation = Observation(found.known, found.free, found.paid, found.refreshes_at, checked_at)
    await observe_credits(engine=work.engine, account=work.account, task_id=work.task_id, seen=observation)
    return CreditsCheckResult(known=found.known, free=found.free, paid=found.paid, refreshes_at=found.refreshes_at)


EXECUTOR = Executor(SPEC, perform)
