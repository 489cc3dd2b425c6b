"""How does a pool stop? It begins nothing outward any more, and outward calls that have begun may end.

The parent tells each of its children by a signal and reports that the pool is gone, so that nothing more is released to
it; Celery then takes no more messages and waits for the current ones. A child gives back at once what has made no outward
call. The supervisor kills the pool once the longest call and the grace period are over (`registry.stops_within_s`).
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from typing import Any

from celery.signals import worker_process_init, worker_ready, worker_shutting_down

from workers.attempts import presence, process

# Celery resets or uses the others in its children.
BEGIN_NOTHING = signal.SIGUSR2


def connect_signals() -> None:
    """Handle the stop in the parent, and the parent's signal in each child."""
    pools: list[Any] = []
    stopping = threading.Event()  # in the parent; a child that begins later sees what it was by then

    @worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def ready(sender: Any, **_: Any) -> None:
        pools.append(sender.pool)

    @worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def stop(**_: Any) -> None:
        presence.leave()
        stopping.set()
        for pool in pools:
            for pid in pool.info["processes"]:
                with suppress(ProcessLookupError):
                    os.kill(pid, BEGIN_NOTHING)

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def listen(**_: Any) -> None:
        signal.signal(BEGIN_NOTHING, lambda *_: process.begin_nothing())
        if stopping.is_set():
            process.begin_nothing()
