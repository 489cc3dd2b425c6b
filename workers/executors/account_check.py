"""How is an `account_check` done? By opening the account's pages and storing what they show; nothing is written there."""

from __future__ import annotations

from shared.accounts.observe_health import Seen, observe_health
from shared.task_types.account_check import SPEC, AccountCheckPayload, AccountCheckResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[AccountCheckPayload]) -> AccountCheckResult:
    """Check the account, and store its health."""
    found = await work.read(SPEC.capability)
    seen = Seen(
        ok=not found.code and not found.missing,
        signed_in_as=found.signed_in_as or None,
        found=list(found.found),
        missing=list(found.missing),
        not_seen=list(found.not_seen),
        otherwise=list(found.otherwise),
        message=found.message,
    )
    usual = frozenset(found.as_usual)
    await observe_health(engine=work.engine, account=work.account, seen=seen, code=found.code, as_usual=usual)
    return AccountCheckResult(**seen.model_dump())


EXECUTOR = Executor(SPEC, perform)
