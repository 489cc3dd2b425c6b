"""The Celery app with crash points around batches: test code around the real one, as `tests.support.crash_app`.

The first process that comes to a point is killed there; a file in `CRASH_FOLDER` notes that it was. Nothing is struck before
the file `armed` is there.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from shared.engine.store import batches
from workers.attempts import batch
from workers.tasks import app

FOLDER = Path(os.environ["CRASH_FOLDER"])


def strike(point: str) -> None:
    """Kill this process if nobody was killed at this point yet."""
    if not (FOLDER / "armed").exists():
        return
    try:
        (FOLDER / point).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


real_claim, real_record = batches.claim, batches.record
real_perform, real_store = batch._perform_all, batch._store


async def claim(*given: Any, **more: Any) -> Any:
    tasks = await real_claim(*given, **more)
    strike("claiming")  # within the transaction of the claim
    return tasks


async def perform(*given: Any) -> None:
    strike("claimed")
    await real_perform(*given)
    strike("performed")


async def record(*given: Any) -> Any:
    moved = await real_record(*given)
    strike("recording")  # within the transaction of the record
    return moved


async def store(*given: Any) -> None:
    await real_store(*given)
    strike("recorded")


batches.claim = claim
batches.record = record
batch._perform_all = perform
batch._store = store

__all__ = ["app"]
