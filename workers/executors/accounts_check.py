"""How is an `accounts_check` done? By ordering a check of each account that is due one, a lane at a time."""

from __future__ import annotations

from connectors.registry import ways_to
from shared.task_types.account_check import SPEC as CHECK
from shared.task_types.accounts_check import SPEC, AccountsCheckPayload, AccountsCheckResult
from shared.tasks.due_checks import order_due_checks
from workers.executors.contract import Executor, Work


async def perform(work: Work[AccountsCheckPayload]) -> AccountsCheckResult:
    """Order the checks."""
    ways = ways_to(CHECK.capability)
    return AccountsCheckResult(checks=await order_due_checks(engine=work.engine, kind="account_check", ways=ways))


EXECUTOR = Executor(SPEC, perform)
