"""How is a `message_window` done? The waiting messages of its account get its hours, and are sent when they may."""

from __future__ import annotations

from shared.errors import ContentRejected
from shared.runs.open_window import open_window
from shared.task_types.message_window import SPEC, MessageWindowPayload, MessageWindowResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[MessageWindowPayload]) -> MessageWindowResult:
    """Open the window.

    Raises:
        ContentRejected: the task no longer exists.
    """
    opened = await open_window(engine=work.engine, task=work.task_id, payload=work.payload)
    if opened is None:
        raise ContentRejected(code="gone", message="The window was removed before it opened.")
    return opened


EXECUTOR = Executor(SPEC, perform)
