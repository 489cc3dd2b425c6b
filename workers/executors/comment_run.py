"""How is a `comment_run` done? By a search, a choice and comments, each a task of its own; it waits for them and reports."""

from __future__ import annotations

from connectors.registry import measure_of
from shared.errors import ContentRejected
from shared.runs.comment import comment_on_chosen
from shared.runs.search import search_of_run
from shared.task_types.comment_run import SPEC, CommentRunPayload, CommentRunResult
from workers.executors.contract import Executor, Work
from workers.interrupted import Cancelled, NotYet


async def perform(work: Work[CommentRunPayload]) -> CommentRunResult:
    """Search, have the chosen posts commented on, and report once all of that is over.

    Raises:
        NotYet: something of it goes on.
        Cancelled: it shall not go on.
        ContentRejected: its search failed.
    """
    searched = await search_of_run(engine=work.engine, task=work.task_id, payload=work.payload)
    if searched.is_cancelled:
        raise Cancelled(message="The run was cancelled.")
    if not searched.is_over:
        raise NotYet(message="The search goes on.")
    if searched.result is None:
        raise ContentRejected(code=searched.code, message=searched.message)
    report = await comment_on_chosen(
        engine=work.engine,
        task=work.task_id,
        payload=work.payload,
        found=searched.result,
        measure=measure_of(work.account.platform),
    )
    if report is None:
        raise NotYet(message="Its comments are being made.")
    return report


EXECUTOR = Executor(SPEC, perform)
