"""How is a `probe` done? By answering who did it."""

from __future__ import annotations

import os

from shared.task_types.probe import SPEC, ProbePayload, ProbeResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[ProbePayload]) -> ProbeResult:
    """Name this process."""
    return ProbeResult(host=work.settings.host_name, pid=os.getpid())


EXECUTOR = Executor(SPEC, perform)
