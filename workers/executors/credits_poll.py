"""How is a `credits_poll` done? By ordering a check for each account that is due one now."""

from __future__ import annotations

from connectors.registry import ways_to
from shared.credits.poll import order_due_checks
from shared.task_types.credits_check import SPEC as CHECK
from shared.task_types.credits_poll import SPEC, CreditsPollPayload, CreditsPollResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[CreditsPollPayload]) -> CreditsPollResult:
    """Order the checks."""
    return CreditsPollResult(checks=await order_due_checks(engine=work.engine, ways=ways_to(CHECK.capability)))


EXECUTOR = Executor(SPEC, perform)
