"""A client creates a recurring task."""

from __future__ import annotations

from typing import Any

from shared.accounts.ability import Abilities
from shared.db.database import Database
from shared.db.session import began
from shared.engine.store.rows.schedule_rows import ListedSchedule
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.ids import new_id
from shared.schedules import repository
from shared.schedules.order import OF_TASK, ScheduleOrder, end_of, first_due, start_of
from shared.schedules.view import ScheduleView, view_schedule
from shared.tasks.drafting.draft import Drafting, draft
from shared.tasks.idempotency import Idempotency

MOST_SCHEDULES = 1_000


async def create_schedule(
    *, database: Database, caller: Caller, order: ScheduleOrder, abilities: Abilities, idempotency: Idempotency | None = None
) -> ScheduleView:
    """Store the schedule; its slots become tasks when they come. A repeated request gets the answer of the first.

    Raises:
        NotFound, Invalid: as `draft`, for its task.
        NotFound, Conflict: as `first_due`.
        Conflict: the workspace has as many schedules as it may.
        Conflict, Invalid: as `Idempotency.kept`.
    """
    async with database.change(caller.workspace_id) as connection:
        if idempotency is not None and (kept := await idempotency.kept(connection)) is not None:
            return ScheduleView.model_validate(kept)
        now = began(connection)
        rows, _ = await draft(connection, [order.task], Drafting(caller, abilities, "", now, within="task."))
        timing = {
            "rule": order.rule,
            "zone": order.zone,
            "starts_at": start_of(order.starts_at, now),
            "ends_at": order.ends_at,
            "exdates": list(order.exdates),
        }
        timing["ends_at"] = end_of(timing)
        row: dict[str, Any] = {name: rows[0][name] for name in OF_TASK} | timing
        row |= {"missed": order.missed, "overlap": order.overlap, "next_at": first_due(timing, now)}
        row |= {"paused": False}
        row |= {"id": new_id(), "workspace_id": caller.workspace_id, "created_at": now}
        if await repository.count(connection) >= MOST_SCHEDULES:
            raise Conflict(code="too_many", message=f"A workspace has {MOST_SCHEDULES} schedules at most.")
        view = view_schedule(ListedSchedule(**row, account=order.task.account))
        if idempotency is not None:
            await idempotency.keep(connection, view.model_dump(mode="json"))
        await repository.add(connection, row, by=caller.name)
    return view
