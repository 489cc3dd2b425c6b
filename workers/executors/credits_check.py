"""How is a `credits_check` done? By reading the account's page and storing what it says, or that it is unreadable."""

from __future__ import annotations

from shared.credits.observe import observe_credits
from shared.engine.rules.credits import Observation
from shared.task_types.credits_check import SPEC, CreditsCheckPayload, CreditsCheckResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[CreditsCheckPayload]) -> CreditsCheckResult:
    """Read the page, store the evidence if it is unreadable, and store the observation."""
    checked_at = await work.now()
    found = await work.read(SPEC.capability)
    if found.evidence:
        await work.keep_evidence(found.evidence)
    observation = Observation(found.known, found.free, found.paid, found.refreshes_at, checked_at)
    await observe_credits(engine=work.engine, account=work.account, task_id=work.task_id, seen=observation)
    return CreditsCheckResult(known=found.known, free=found.free, paid=found.paid, refreshes_at=found.refreshes_at)


EXECUTOR = Executor(SPEC, perform)
