"""A client has a part of a run done again: one of its tasks, and what depends on it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.database import Database
from shared.engine.rules.dependencies import why_in_vain
from shared.engine.store import dependencies, tasks
from shared.errors import Conflict, NotFound
from shared.identity.caller import Caller
from shared.runs import repository
from shared.runs.view import RunView, existing, show_all
from shared.status import Status
from shared.tasks.idempotency import Idempotency

_AGAIN: frozenset[Status] = frozenset({"failed", "cancelled"})


async def retry_run(
    *, database: Database, caller: Caller, run_id: UUID, from_step: UUID, idempotency: Idempotency | None = None
) -> RunView:
    """Let a task of a run, and what of the run depends on it, wait again where it has failed or was cancelled.

    Each keeps its id and its history; with it goes what it has made itself. What is completed stands, and its result is used
    again; what goes on already goes on. A step that is confirmed in the ledger is not done again.

    Raises:
        NotFound: there is no such run, or no such task in it.
        Conflict: nobody knows what came of one of these, none of them can be tried again, or what the first one needs has
            failed itself.
        Conflict, Invalid: as `Idempotency.kept`.
    """
    async with database.change(caller.workspace_id) as connection:
        if idempotency is not None and (kept := await idempotency.kept(connection)) is not None:
            return RunView.model_validate(kept)
        existing(await repository.find(connection, run_id), run_id)
        again = await _to_try(connection, run_id, from_step)
        await _require_needed(connection, from_step, again)
        await tasks.replay(connection, again, by=caller.name, cancelled=True)
        run = existing(await repository.find(connection, run_id), run_id)
        (view,) = await show_all(connection, [run])
        if idempotency is not None:
            await idempotency.keep(connection, view.model_dump(mode="json"))
    return view


async def _to_try(connection: AsyncConnection, run_id: UUID, first: UUID) -> list[UUID]:
    """Return the tasks that wait again, locked until the transaction ends."""
    part = await repository.part(connection, run_id, first)
    if not part:
        raise NotFound(field="from_step", message=f"There is no task {first} in this run.")
    held = await tasks.lock_all(connection, part)
    if unknown := [task for task, row in held.items() if row.status == "unknown"]:
        message = (
            f"Nobody knows what came of task {unknown[0]}: say with `resolve` whether it was done, or look with `verify`."
        )
        raise Conflict(code="outcome_unknown", message=message)
    again = [task for task, row in held.items() if row.status in _AGAIN]
    if not again:
        raise Conflict(code="nothing_to_retry", message="Nothing from this task on has failed or was cancelled.")
    return again


async def _require_needed(connection: AsyncConnection, first: UUID, again: list[UUID]) -> None:
    """Go on where what the first task needs has not failed itself: it would fail with it once more."""
    needed = [row.seen() for row in await dependencies.needed(connection, [first]) if row.depends_on_id not in set(again)]
    if first in again and (reason := why_in_vain(needed)) is not None:
        raise Conflict(code="dependency_failed", message=f"It would fail again, since {reason}: begin there.")
