"""Which modules can be run in a process that was forked, and what do they need? All of it is imported here.

Nothing of this may read a setting, start a thread or open anything: a test holds it. Celery loads much of what it runs only
when it runs it, so that is named here too.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable

from sqlalchemy.orm import configure_mappers

from launcher.rehearsal import rehearse

# What `python -m NAME` does, by NAME; each is called after the fork.
ENTRY_POINTS = {
    "api": "api.__main__:main",
    "celery": "celery.__main__:main",
    "workers.flower": "workers.flower:main",
    "workers.keeper": "workers.keeper:run",
    "workers.pools": "workers.pools:run",
}
# What these load later by themselves.
LOADED_LATER = (
    "billiard.heap",
    "billiard.popen_fork",
    "billiard.sharedctypes",
    "billiard.synchronize",
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.events",
    "celery.app.log",
    "celery.app.routes",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.events.state",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.consumer.delayed_delivery",
    "celery.worker.strategy",
    "certifi",
    "flower.command",
    "kombu.transport.redis",
    "tornado.platform.asyncio",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    "workers.attempts.idle_children",
    "workers.dispatcher",
    "workers.tasks",
)


def load_all() -> None:
    """Import everything that the parts need, and put it where no collection of theirs looks, so that it stays shared."""
    gc.disable()
    for name in [*(target.partition(":")[0] for target in ENTRY_POINTS.values()), *LOADED_LATER]:
        importlib.import_module(name)
    # Else each process does it at its first statement, for itself: 8 MB that they need not have (measured).
    configure_mappers()
    rehearse()
    # No collection before: where it frees something, each part would write its own things into pages that are shared.
    gc.freeze()
    gc.enable()


def entry_point(name: str) -> Callable[[], object] | None:
    """Return what `python -m NAME` runs, or None where that is none of ours."""
    if name not in ENTRY_POINTS:
        return None
    module, _, function = ENTRY_POINTS[name].partition(":")
    found: Callable[[], object] = getattr(importlib.import_module(module), function)
    return found
