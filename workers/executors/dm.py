"""How is a `dm` done? One outward step in the thread with that person."""

from __future__ import annotations

from shared.task_types.dm import SPEC, DmPayload, DmResult
from workers.executors.contract import Executor, Step, Work


async def perform(work: Work[DmPayload]) -> DmResult:
    """Send the message."""
    recipient = work.payload.to.removeprefix("@")
    done = await work.do(Step("dm", target=recipient, content=work.payload.message))
    return DmResult(external_id=done.external_id, external_url=done.external_url, proof=done.proof)


EXECUTOR = Executor(SPEC, perform)
