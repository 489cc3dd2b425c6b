"""The engine's Celery app with comments that take 250 ms and touch nothing: `celery --app benchmarks.exclusive_app`."""

from __future__ import annotations

import asyncio

from shared.task_types.comment import SPEC, CommentPayload, CommentResult
from workers.executors.contract import Executor, Work
from workers.executors.registry import EXECUTORS
from workers.tasks import app

TAKES_S = 0.25


async def perform(work: Work[CommentPayload]) -> CommentResult:
    """Take as long as a short task in a browser would."""
    await asyncio.sleep(TAKES_S)
    return CommentResult(external_id=str(work.task_id), external_url="", proof=None)


EXECUTORS[SPEC.type] = Executor(SPEC, perform)

__all__ = ["app"]
