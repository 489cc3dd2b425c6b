"""How does a client's order become rows? Everything it names is looked up once for the whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.ability import Abilities, Way
from shared.accounts.lookup import accounts
from shared.accounts.lookup.accounts import AccountRow
from shared.approvals.decide import decide_all
from shared.engine.rules.approval import FREE, Asking, Requirement
from shared.engine.rules.recipients import names_in, recipient_of
from shared.engine.store import tasks
from shared.engine.store.dependencies import NewDependency
from shared.errors import Conflict, Invalid, NotFound
from shared.identity.caller import Caller
from shared.ids import new_id
from shared.status import Status
from shared.task_types.payload.canonical import payload_hash
from shared.tasks.drafting.address import with_own_address
from shared.tasks.drafting.ahead import require_ahead
from shared.tasks.drafting.disclosure import disclosed, disclosure_of
from shared.tasks.drafting.hours import hours_of, require_hours
from shared.tasks.drafting.lane import LaneFacts, lane_of
from shared.tasks.drafting.needed import Known, needed_by
from shared.tasks.drafting.order import TaskOrder
from shared.tasks.drafting.references import Named, stored_payload


@dataclass(frozen=True, slots=True)
class Drafting:
    """For whom, with which abilities, and when (PostgreSQL's clock). `batch` and `within` serve to name the fields."""

    caller: Caller
    abilities: Abilities
    correlation_id: str
    now: datetime
    batch: bool = False
    within: str = ""

    def field(self, number: int) -> str:
        """Return the prefix of the names of an order's fields."""
        return f"tasks[{number}]." if self.batch else self.within


async def draft(
    connection: AsyncConnection, orders: Sequence[TaskOrder], by: Drafting
) -> tuple[list[dict[str, Any]], list[NewDependency]]:
    """Return rows for the orders, and what each needs.

    Raises:
        NotFound: an account, lane, dependency or time zone does not exist for the caller.
        Invalid: a platform cannot do what is asked, a time is past, or as `stored_payload`.
        Conflict: credits are asked for where there are none.
    """
    orders = [_with_author(order, by, number) for number, order in enumerate(orders)]
    ids = [new_id() for _ in orders]
    named = {(o.platform, o.account) for o in orders if o.platform is not None and o.account is not None}
    found = await accounts.find_many(connection, by.caller.workspace_id, named)
    needed, types = await _needed(connection, ids, orders, by)
    types |= {task_id: order.spec.type for task_id, order in zip(ids, orders, strict=True)}
    drafted: list[dict[str, Any]] = []
    alike: dict[Any, dict[str, Any]] = {}
    for number, (task_id, order) in enumerate(zip(ids, orders, strict=True)):
        shape = _shape_of(order)
        if shape is not None and (before := alike.get(shape)) is not None:
            drafted.append(before | {"id": task_id})
            continue
        account = _account_of(order, found, by.field(number))
        require_ahead(order.scheduled_for, by.now, field=f"{by.field(number)}scheduled_for")
        require_hours(order.payload, by.field(number))
        _require_credits(order, account, by, number)
        closing = "" if account is None else disclosure_of(order.author, account.disclosure)
        said = with_own_address(disclosed(order.payload, order.author, closing), account, by.field(number))
        stored = stored_payload(order.spec, said, _names(order, ids, types), f"{by.field(number)}payload")
        place = LaneFacts(order.spec, said, account, by.field(number), closing, by.caller.workspace_id)
        lane = await lane_of(connection, place, by.abilities)
        hours = hours_of(order.hours, by.field(number))
        drafted.append(_row(task_id, order, account, (lane, *stored), by) | {"hours": hours})
        if shape is not None:
            alike[shape] = drafted[-1]
    decided = await _approvals(connection, orders, found, by)
    return [row | approval_of(row, decision, by.now) for row, decision in zip(drafted, decided, strict=True)], needed


def _shape_of(order: TaskOrder) -> Any:
    """Return what makes another order of the same caller the same row but for its id; None where its row is its own."""
    if order.dependencies or order.after is not None or order.spec.begins_run or order.payload.refers:
        return None
    hours = None if order.hours is None else order.hours.model_dump_json()
    said = (order.spec.type, order.payload.model_dump_json(), order.platform, order.account, order.priority, hours)
    return (*said, order.scheduled_for, order.credits, order.max_retries, order.author)


def _with_author(order: TaskOrder, by: Drafting, number: int) -> TaskOrder:
    """Return the order with the author for whom the caller may speak: nobody passes another's words off as their own.

    Raises:
        Invalid: the order says otherwise.
    """
    own = by.caller.author
    if own is not None and order.author not in {None, own}:
        message = f"Your {'words are' if by.caller.kind == 'person' else 'key brings words'} of {own!r}: leave this out."
        raise Invalid(field=f"{by.field(number)}author", message=message)
    return replace(order, author=own or order.author or "person")


def approval_of(row: Mapping[str, Any], decision: Requirement, now: datetime) -> dict[str, Any]:
    """Return the columns that a decision sets in a drafted task: whether it waits for approval, or what has approved it."""
    made: dict[str, Any] = {
        "approval_required": decision.required,
        "approved_hash": None,
        "approved_account": None,
        "approved_for": None,
        "approval_rule": decision.approved_by,
        "approval_until": decision.until,
        "approval_covers_time": decision.covers_time,
    }
    if decision.required and row.get("unfilled"):
        # Its payload is not known yet: it waits for that first, whatever its time is.
        return made | {"status": "pending", "not_before": None, "due_at": now}
    if decision.approved_by:
        made |= approved_now(row)
    waits = decision.required and not decision.approved_by
    return made | {"status": first_status(approval_required=waits, scheduled_for=row["scheduled_for"], now=now)}


def approved_now(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that say: approved exactly as it is."""
    return {
        "approved_hash": row["payload_hash"],
        "approved_account": row["account_id"],
        "approved_for": row["scheduled_for"],
    }


async def _approvals(
    connection: AsyncConnection, orders: Sequence[TaskOrder], found: Mapping[tuple[str, str], AccountRow], by: Drafting
) -> list[Requirement]:
    """Return what the rules decide about each order; tasks without outward steps are free."""
    if not any(order.spec.effects for order in orders):
        return [FREE] * len(orders)
    asking = []
    for order in orders:
        account = found.get((order.platform or "", order.account or ""))
        persona = None if account is None else account.persona_id
        asking.append(Asking(persona, order.platform, order.spec.type, order.author or "person"))
    outward = [one for order, one in zip(orders, asking, strict=True) if order.spec.effects]
    decided = iter(await decide_all(connection, by.caller.workspace_id, outward, by.now))
    return [next(decided) if order.spec.effects else FREE for order in orders]


def first_status(*, approval_required: bool, scheduled_for: datetime | None, now: datetime) -> Status:
    """Return the first state of a task that has not run."""
    if approval_required:
        return "awaiting_approval"
    return "scheduled" if scheduled_for is not None and scheduled_for > now else "pending"


def at_its_time(scheduled_for: datetime | None, now: datetime) -> dict[str, Any]:
    """Return the columns of a task that only its time still holds."""
    later = scheduled_for if scheduled_for is not None and scheduled_for > now else None
    status = first_status(approval_required=False, scheduled_for=later, now=now)
    return {"status": status, "not_before": later, "due_at": later or now}


def _account_of(order: TaskOrder, found: dict[tuple[str, str], AccountRow], field: str) -> AccountRow | None:
    if order.platform is None or order.account is None:
        return None
    account = found.get((order.platform, order.account))
    if account is None:
        raise NotFound(field=f"{field}account", message=f"There is no account {order.account!r} on {order.platform!r}.")
    return account


def _require_credits(order: TaskOrder, account: AccountRow | None, by: Drafting, number: int) -> None:
    """Refuse to wait for credits where there are none: no check could ever find that they had come.

    Raises:
        Conflict: the account's platform has no credits, or the task acts for no account.
    """
    if not order.credits:
        return
    way = Way(account.platform, "credits", account.transport) if account is not None else None
    ability = by.abilities.get(way) if way is not None else None
    if ability is None or ability.unsupported:
        who = f"{account.platform} over {account.transport}" if account is not None else "A task without an account"
        field = f"{by.field(number)}resources.credits"
        raise Conflict(code="no_credits", field=field, message=f"{who} has no credits that could be waited for.")


def _names(order: TaskOrder, ids: Sequence[UUID], types: Mapping[UUID, str]) -> dict[str, Named]:
    """Return an order's dependencies, by the names that a reference in its payload may use."""
    named = {f"#{d}" if isinstance(d, int) else str(d): ids[d] if isinstance(d, int) else d for d, _ in order.named()}
    return {name: Named(other, types.get(other)) for name, other in named.items()}


def _row(
    task_id: UUID,
    order: TaskOrder,
    account: AccountRow | None,
    where_and_what: tuple[str, dict[str, Any], bool],
    by: Drafting,
) -> dict[str, Any]:
    lane, payload, unfilled = where_and_what
    later = order.scheduled_for if order.scheduled_for is not None and order.scheduled_for > by.now else None
    return {
        "id": task_id,
        "workspace_id": by.caller.workspace_id,
        "type": order.spec.type,
        "type_version": order.spec.version,
        "platform": order.platform,
        "account_id": None if account is None else account.id,
        "lane": lane,
        "priority": order.spec.priority if order.priority is None else order.priority,
        "payload": payload,
        "payload_hash": payload_hash(payload),
        "resources": {"credits": order.credits} if order.credits else {},
        "scheduled_for": order.scheduled_for,
        "not_before": later,
        "due_at": later or by.now,
        "max_retries": order.max_retries,
        "timetable_entry": None,
        "timetable_slot": None,
        "recipient": recipient_of(payload),
        "targets": names_in(payload),
        "unfilled": unfilled,
        "run_id": new_id() if order.spec.begins_run else None,
        "author": order.author,
        "asked_by": by.caller.name,
        "asked_by_id": by.caller.answers,
        "correlation_id": by.correlation_id,
        "created_at": by.now,
    }


async def _needed(
    connection: AsyncConnection, ids: Sequence[UUID], orders: Sequence[TaskOrder], by: Drafting
) -> tuple[list[NewDependency], dict[UUID, str]]:
    """Return what each order needs, and the types of those tasks that exist already."""
    outside = {other for order in orders for other, _ in order.named() if isinstance(other, UUID)}
    known = await tasks.types(connection, sorted(outside), by.caller.workspace_id) if outside else {}
    needed: list[NewDependency] = []
    for number, order in enumerate(orders):
        if next(order.named(), None) is not None:
            needed += needed_by(ids[number], order, Known(ids, known, by.caller.workspace_id), by.field(number))
    return needed, known
