"""How does a pool stop? It begins nothing outward any more, and what has begun may end.

The parent tells it to each of its children by a signal and says that the pool is gone, so that nothing more is released to
it; Celery then takes no more messages and waits for those at hand. A child gives back at once what has made no outward call.
Whoever started the pool ends it by force once the longest call and the grace period are over (`registry.stops_within_s`).
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Any

from celery.signals import worker_process_init, worker_ready, worker_shutting_down

from workers.attempts import presence, process

# Celery resets or uses the others in its children.
BEGIN_NOTHING = signal.SIGUSR2


def connect_signals() -> None:
    """Hear of a stop in the parent, and of the parent in each child."""
    pools: list[Any] = []

    @worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def ready(sender: Any, **_: Any) -> None:
        pools.append(sender.pool)

    @worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def stop(**_: Any) -> None:
        presence.leave()
        for pool in pools:
            for pid in pool.info["processes"]:
                with suppress(ProcessLookupError):
                    os.kill(pid, BEGIN_NOTHING)

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def listen(**_: Any) -> None:
        signal.signal(BEGIN_NOTHING, lambda *_: process.begin_nothing())
