"""A client changes a task that has not been released: its priority, its time, its payload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities
from shared.accounts.lookup import accounts
from shared.approvals.decide import decide_all
from shared.db import clock
from shared.db.database import Database
from shared.engine.rules.approval import WAITS_S, Asking, Author
from shared.engine.rules.recipients import names_in, recipient_of
from shared.engine.store import approvals, dependencies, effects, tasks
from shared.engine.store.rows.task_rows import TaskRow
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.task_types.payload.canonical import payload_hash
from shared.task_types.payload.hours import TaskHours
from shared.task_types.registry import TASK_TYPES
from shared.tasks.drafting.address import with_own_address
from shared.tasks.drafting.ahead import require_ahead
from shared.tasks.drafting.disclosure import disclosed, disclosure_of
from shared.tasks.drafting.draft import first_status
from shared.tasks.drafting.hours import hours_of, require_hours
from shared.tasks.drafting.lane import LaneFacts, lane_of
from shared.tasks.drafting.payload import read_new_payload
from shared.tasks.drafting.references import Named, stored_payload
from shared.tasks.find import existing, find_task, held
from shared.tasks.view import TaskView

BEFORE_RELEASE = frozenset({"awaiting_approval", "scheduled", "pending"})


@dataclass(frozen=True, slots=True)
class TaskChange:
    """The changes. `reschedule` says whether `scheduled_for` was named at all; None then means: at once.

    `new_hours` says whether `hours` were; None then means: at any hour.
    """

    priority: int | None = None
    payload: Mapping[str, Any] | None = None
    reschedule: bool = False
    scheduled_for: datetime | None = None
    new_hours: bool = False
    hours: TaskHours | None = None


async def change_task(
    *, database: Database, caller: Caller, task_id: UUID, change: TaskChange, abilities: Abilities
) -> TaskView:
    """Change the task; a changed payload needs approval again where it needed it before.

    Raises:
        NotFound: there is no such task.
        Conflict: it was released, is over, has done all that is outward, or is of another type than the payload.
        NotFound, Invalid: as `lane_of`, for the new payload.
        Invalid: its new time has passed.
    """
    async with database.change(caller.workspace_id) as connection:
        task = await held(connection, task_id)
        if change.payload is not None:
            await _require_settled(connection, task)
        if task.status not in BEFORE_RELEASE:
            raise Conflict(code="released", message=f"The task is {task.status}; it changes only before its release.")
        if task.acted:
            raise Conflict(code="done", message="What it does outside is done: it changes no more.")
        # A change has the task's gates asked again.
        changes: dict[str, Any] = {"wake_key": None, "parked_at": None}
        if change.priority is not None:
            changes["priority"] = change.priority
        if change.payload is not None:
            author: Author = "ai" if caller.author == "ai" else task.author
            changes |= await new_payload(connection, task, change.payload, author, abilities)
            changes |= await _new_words(connection, caller, task)
        if change.reschedule:
            changes |= _new_time(task, change.scheduled_for, await clock.now(connection))
        if change.new_hours:
            changes |= _new_hours(task, change.hours)
        voided = _voids_approval(task, changes)
        if voided:
            changes["approval_until"] = await clock.now(connection) + timedelta(seconds=WAITS_S)
        if changes.get("approval_required", task.approval_required) and changes.get("unfilled", task.unfilled):
            # Its payload is not known yet: it waits for that, whatever its time is, and is approved then.
            changes |= {"status": "pending", "not_before": None}
        named = {"priority", "payload", "scheduled_for", "hours"} & changes.keys()
        about = {"by": caller.name, "changed": sorted(named)}
        await tasks.change(connection, task_id, changes, about=about, asks=voided)
    return await find_task(database=database, caller=caller, task_id=task_id)


async def new_payload(
    connection: AsyncConnection, task: TaskRow, said: Mapping[str, Any], author: Author, abilities: Abilities
) -> dict[str, Any]:
    """Return the columns of a locked task that another payload changes; `author` is who wrote the new texts.

    Raises:
        Conflict: it is of another type, or one of its outward steps is open: what is sent again must be what was intended.
        NotFound, Invalid: as `lane_of`; there is no such time zone, or a field is not as it must be.
    """
    await _require_settled(connection, task)
    spec = TASK_TYPES[task.type]
    payload = read_new_payload(spec, said, field="payload")
    require_hours(payload, "")
    account, closing = None, ""
    if task.account_id is not None and task.platform is not None:
        seen = existing(await tasks.find(connection, task.id), task.id)
        account = None if seen.account is None else await accounts.find(connection, task.platform, seen.account)
    if account is not None:
        closing = disclosure_of(author, account.disclosure)
        payload = with_own_address(disclosed(payload, author, closing), account, "")
    needed = [one.depends_on_id for one in await dependencies.stored(connection, [task.id])]
    types = await tasks.types(connection, needed) if needed else {}
    named = {str(other): Named(other, types.get(other)) for other in needed}
    stored, unfilled = stored_payload(spec, payload, named, "payload")
    lane = await lane_of(connection, LaneFacts(spec, payload, account, disclosure=closing), abilities)
    what = {"payload": stored, "payload_hash": payload_hash(stored), "unfilled": unfilled}
    whom = {"recipient": recipient_of(stored), "targets": names_in(stored)}
    return what | {"type_version": spec.version, "lane": lane} | whom


async def _require_settled(connection: AsyncConnection, task: TaskRow) -> None:
    """Check that no outward step of a task is open.

    Raises:
        Conflict: an outcome is not known yet.
    """
    if await effects.is_open(connection, task.id):
        message = "What came of its outward step is not known yet: until then its payload stays what was intended."
        raise Conflict(code="effect_open", field="payload", message=message)


def _voids_approval(task: TaskRow, changes: dict[str, Any]) -> bool:
    """Return whether a task needs approval after these changes, again or for the first time."""
    if not changes.get("approval_required", task.approval_required) or changes.get("unfilled", task.unfilled):
        return False
    other_words: bool = changes.get("payload_hash", task.payload_hash) != task.payload_hash
    other_time = task.approval_covers_time and changes.get("scheduled_for", task.scheduled_for) != task.scheduled_for
    return other_words or (other_time and approvals.stands(task))


async def _new_words(connection: AsyncConnection, caller: Caller, task: TaskRow) -> dict[str, Any]:
    """Return the new texts' author; where AI has written them, the rules are asked as for a new task."""
    changes: dict[str, Any] = {"asked_by_id": caller.answers}
    if caller.author != "ai" or task.author == "ai":
        return changes
    changes["author"] = "ai"
    if TASK_TYPES[task.type].effects and not task.approval_required:
        persona = None if task.account_id is None else await accounts.persona_of(connection, task.account_id)
        asking = [Asking(persona, task.platform, task.type, "ai")]
        (decided,) = await decide_all(connection, caller.workspace_id, asking, await clock.now(connection))
        changes["approval_required"] = decided.required
    return changes


def _new_time(task: TaskRow, scheduled_for: datetime | None, now: datetime) -> dict[str, Any]:
    if scheduled_for != task.scheduled_for:  # sending a task back unchanged changes no time
        require_ahead(scheduled_for, now, field="scheduled_for")
    later = scheduled_for if scheduled_for is not None and scheduled_for > now else None
    waits = task.status == "awaiting_approval"
    status = first_status(approval_required=waits, scheduled_for=scheduled_for, now=now)
    return {"scheduled_for": scheduled_for, "not_before": later, "due_at": later or now, "status": status}


def _new_hours(task: TaskRow, hours: TaskHours | None) -> dict[str, Any]:
    """Return the new hours; the gates are asked again from the time that the client named on, whatever the old hours."""
    changes: dict[str, Any] = {"hours": hours_of(hours, "")}
    named, later = task.scheduled_for, task.not_before
    if task.status == "scheduled" and (named is None or (later is not None and named < later)):
        changes["not_before"] = named or task.due_at
    return changes
