"""The engine's Celery app with probes that do what the peers' tasks do: `celery --app benchmarks.peers.ours_app`."""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import replace

from benchmarks.peers.ours_pool import FLAKY, POOL, WAIT
from connectors.pools import Pool
from shared.errors import Transient
from shared.settings import Settings
from shared.task_types.probe import SPEC, ProbePayload, ProbeResult
from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import RetryRule
from workers.attempts import presence
from workers.executors.contract import Executor, Work
from workers.executors.registry import EXECUTORS

WAIT_S = 0.005
FAILS = 0.5


async def perform(work: Work[ProbePayload]) -> ProbeResult:
    """Do nothing, wait as for an answer, or fail every second time.

    Raises:
        Transient: this attempt is one that fails.
    """
    if work.payload.lane == WAIT:
        await asyncio.sleep(WAIT_S)
    if work.payload.lane == FLAKY and random.random() < FAILS:
        raise Transient(code="refused", message="Every second attempt fails.")
    return ProbeResult(host=work.settings.host_name, pid=os.getpid())


def find_bench_pool(settings: Settings, name: str) -> Pool:  # noqa: ARG001 - stands where the product's own does
    """Return this pool, which is none of the product's."""
    return POOL


# As the peers do: what failed is tried again at once. The worker decides it by its own declaration of the type.
SPEC_AT_ONCE = replace(SPEC, retry=RetryRule(base_s=0))
TASK_TYPES[SPEC.type] = SPEC_AT_ONCE
EXECUTORS[SPEC.type] = Executor(SPEC_AT_ONCE, perform)
presence.find_pool = find_bench_pool  # type: ignore[attr-defined]  # the product has the pools of its connectors alone

from workers.tasks import app  # noqa: E402 - it reads both

__all__ = ["app"]
