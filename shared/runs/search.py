"""A run begins with a search: it is ordered once, over the account's own lane."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.engine.store import attempts, tasks
from shared.engine.store.rows.task_rows import TaskRow
from shared.runs import repository
from shared.task_types.comment_run import CommentRunPayload, search_for
from shared.task_types.discovery import SPEC, DiscoveryResult
from shared.tasks.drafting.follow_up import add_follow_up
from shared.tasks.drafting.lane import lane_of_account


@dataclass(frozen=True, slots=True)
class Searched:
    """The state of the search: `result` once it is completed, `code` and `message` once it has failed.

    `is_cancelled` says that its run is not to go on.
    """

    is_over: bool = False
    is_cancelled: bool = False
    result: DiscoveryResult | None = None
    code: str = ""
    message: str = ""


async def search_of_run(*, engine: AsyncEngine, task: UUID, payload: CommentRunPayload) -> Searched:
    """Return the state of the run's search; it is made if there is none yet, and retried with its run."""
    async with engine.begin() as connection:
        run = await repository.lock_carrier(connection, task)
        if run is None or run.task.cancel_requested:
            return Searched(is_over=True, is_cancelled=True)
        found = await repository.newest_part(connection, run.run_id, SPEC.type)
        if found is None:
            place = {"lane": await lane_of_account(connection, run.account_id), "run_id": run.run_id}
            await add_follow_up(connection, run.task, SPEC, search_for(payload), **place)
        elif await _is_asked_again(connection, run.task, found):
            await tasks.replay(connection, [found.id], by="a retry of its run")
            found = None
    return Searched() if found is None else _state(found)


async def _is_asked_again(connection: AsyncConnection, run: TaskRow, search: TaskRow) -> bool:
    return search.status == "failed" and await attempts.has_failed_since(connection, run.id, search.finished_at)


def _state(search: TaskRow) -> Searched:
    match search.status:
        case "completed":
            return Searched(is_over=True, result=DiscoveryResult.model_validate(search.result))
        case "failed" | "cancelled":
            error = search.error or {}
            said = error.get("message") or f"it is {search.status}"
            return Searched(is_over=True, code=error.get("code", search.status), message=f"The search found nothing: {said}")
        case _:
            return Searched()
