"""How is a `comment` done? One outward step, read back from the page."""

from __future__ import annotations

from shared.task_types.comment import SPEC, CommentPayload, CommentResult
from workers.executors.contract import Executor, Step, Work


async def perform(work: Work[CommentPayload]) -> CommentResult:
    """Write the comment under the post."""
    done = await work.do(Step("comment", target=work.payload.post_url, content=work.payload.comment))
    return CommentResult(external_id=done.external_id, external_url=done.external_url, proof=done.proof)


EXECUTOR = Executor(SPEC, perform)
