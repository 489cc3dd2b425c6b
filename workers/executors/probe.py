"""How is a `probe` done? By returning which process did it."""

from __future__ import annotations

import os

from shared.task_types.probe import SPEC, ProbePayload, ProbeResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[ProbePayload]) -> ProbeResult:
    """Return this process's name."""
    return ProbeResult(host=work.settings.host_name, pid=os.getpid())


EXECUTOR = Executor(SPEC, perform)
