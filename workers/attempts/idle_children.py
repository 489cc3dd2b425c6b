"""When does a pool have children? Those that drive browsers have one when there is work, until there was none for long.

A child that only waits has 22 MB that it shares with nobody (measured) and two connections, and no work in a home that never
opens its platform.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from celery.worker.autoscale import Autoscaler

# How often Celery checks whether it has children to spare. Between a message's end and the end of its child lies at least
# half of it: what is still being recorded after a message has long been written by then, or its child waits for it.
LOOK_S = 300.0


class IdleScaler(Autoscaler):  # type: ignore[misc]  # Celery ships no types
    """Celery's own, which would end a child at its first look after a long task, since it counts from the task's begin."""

    def __init__(self, *args: Any, **named: Any) -> None:
        """Begin without work."""
        super().__init__(*args, **{**named, "keepalive": LOOK_S})
        self._idle_since: float | None = None

    def _maybe_scale(self, req: Any = None) -> bool | None:
        if self.qty:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = monotonic()
        scaled: bool | None = super()._maybe_scale(req)
        return scaled

    def scale_down(self, n: int) -> None:
        """End so many children, where all have been idle from one check to another.

        None of them has a message then, and none gets one: what comes while a child ends waits for the next child. Celery
        would write it to the child that ends, and take it back once that is gone.
        """
        if self._idle_since is None or monotonic() - self._idle_since < LOOK_S / 2:
            return
        self._shrink(n)
        children = self.pool._pool  # noqa: SLF001 - Celery gives no other way to its children
        for child in children._pool:  # noqa: SLF001 - the same
            if getattr(child, "_controlled_termination", False):
                children.on_inqueue_close(child.inqW_fd, child)
