"""How is an `inbox_poll` done? By ordering a reading of each inbox that is to be read now, a lane at a time."""

from __future__ import annotations

from connectors.registry import ways_to
from shared.task_types.inbox_poll import SPEC, InboxPollPayload, InboxPollResult
from shared.task_types.inbox_sync import SPEC as READING
from shared.tasks.due_checks import order_due_checks
from workers.executors.contract import Executor, Work


async def perform(work: Work[InboxPollPayload]) -> InboxPollResult:
    """Order the readings."""
    ways = ways_to(READING.capability)
    return InboxPollResult(readings=await order_due_checks(engine=work.engine, kind="inbox_sync", ways=ways))


EXECUTOR = Executor(SPEC, perform)
