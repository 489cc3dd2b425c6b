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
from shared.engine.store.new_tasks import NewTasks
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
    """Return a row for each of the orders, and what each needs; raises what `draft_many` raises."""
    new, needed = await draft_many(connection, orders, by)
    return new.rows(), needed


async def draft_many(
    connection: AsyncConnection, orders: Sequence[TaskOrder], by: Drafting
) -> tuple[NewTasks, list[NewDependency]]:
    """Return new tasks for the orders, and what each needs. What is said several times is drafted once.

    Raises:
        NotFound: an account, lane, dependency or time zone does not exist for the caller.
        Invalid: a platform cannot do what is asked, a time is past, or as `stored_payload`.
        Conflict: credits are asked for where there are none.
    """
    orders = _with_authors(orders, by)
    ids = [new_id() for _ in orders]
    named = {(o.platform, o.account) for o in orders if o.platform is not None and o.account is not None}
    found = await accounts.find_many(connection, by.caller.workspace_id, named)
    needed, types = await _needed(connection, ids, orders, by)
    drafted, shape_of = await _drafted(orders, _Request(connection, ids, found, types, by))
    decided = await _approvals(connection, orders, found, by)
    if decided is None:
        return NewTasks(ids, [row | approval_of(row, FREE, by.now) for row in drafted], shape_of), needed
    new = NewTasks(ids, [], [])
    places: dict[tuple[int, Requirement], int] = {}
    for pair in zip(shape_of, decided, strict=True):
        if pair not in places:
            places[pair] = len(new.shapes)
            row, decision = drafted[pair[0]], pair[1]
            new.shapes.append(row | approval_of(row, decision, by.now))
        new.shape_of.append(places[pair])
    return new, needed


@dataclass(frozen=True, slots=True)
class _Request:
    """What there is for all orders of one request."""

    connection: AsyncConnection
    ids: Sequence[UUID]
    found: dict[tuple[str, str], AccountRow]
    types: Mapping[UUID, str]
    by: Drafting


async def _drafted(orders: Sequence[TaskOrder], of: _Request) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the distinct rows, without ids, and for each order the number of its row."""
    rows: list[dict[str, Any]] = []
    shape_of: list[int] = []
    alike: dict[Any, int] = {}
    for number, order in enumerate(orders):
        place = alike.get(id(order))  # one and the same order says the same; of another it is worth a closer look
        if place is None:
            shape = _shape_of(order)
            place = None if shape is None else alike.get(shape)
            if place is None:
                place = len(rows)
                rows.append(await _draft_one(number, order, of))
            if shape is not None:
                alike[id(order)] = alike[shape] = place
        shape_of.append(place)
    return rows, shape_of


async def _draft_one(number: int, order: TaskOrder, of: _Request) -> dict[str, Any]:
    by, field = of.by, of.by.field(number)
    account = _account_of(order, of.found, field)
    require_ahead(order.scheduled_for, by.now, field=f"{field}scheduled_for")
    require_hours(order.payload, field)
    _require_credits(order, account, by, number)
    closing = "" if account is None else disclosure_of(order.author, account.disclosure)
    said = with_own_address(disclosed(order.payload, order.author, closing), account, field)
    stored = stored_payload(order.spec, said, _names(order, of.ids, of.types), f"{field}payload")
    place = LaneFacts(order.spec, said, account, field, closing, by.caller.workspace_id)
    lane = await lane_of(of.connection, place, by.abilities)
    return _row(order, account, (lane, *stored), by) | {"hours": hours_of(order.hours, field)}


def _shape_of(order: TaskOrder) -> Any:
    """Return what makes another order of the same caller the same row but for its id; None where its row is its own."""
    if order.dependencies or order.after is not None or order.spec.begins_run or order.payload.refers:
        return None
    hours = None if order.hours is None else order.hours.model_dump_json()
    said = (order.spec.type, order.payload.model_dump_json(), order.platform, order.account, order.priority, hours)
    return (*said, order.scheduled_for, order.credits, order.max_retries, order.author)


def _with_authors(orders: Sequence[TaskOrder], by: Drafting) -> list[TaskOrder]:
    """Return the orders, each with the author for whom the caller may speak: nobody passes another's words off as their own.

    Raises:
        Invalid: an order says otherwise.
    """
    own = by.caller.author
    changed: dict[int, TaskOrder] = {}
    for number, order in enumerate(orders):
        if id(order) in changed:
            continue
        if own is not None and order.author not in {None, own}:
            message = f"Your {'words are' if by.caller.kind == 'person' else 'key brings words'} of {own!r}: leave this out."
            raise Invalid(field=f"{by.field(number)}author", message=message)
        changed[id(order)] = replace(order, author=own or order.author or "person")
    return [changed[id(order)] for order in orders]


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
) -> list[Requirement] | None:
    """Return what the rules decide about each order; tasks without outward steps are free. None: all are."""
    if not any(order.spec.effects for order in orders):
        return None
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
    order: TaskOrder,
    account: AccountRow | None,
    where_and_what: tuple[str, dict[str, Any], bool],
    by: Drafting,
) -> dict[str, Any]:
    lane, payload, unfilled = where_and_what
    later = order.scheduled_for if order.scheduled_for is not None and order.scheduled_for > by.now else None
    return {
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
    """Return what each order needs, and the types of all tasks that may be named; nothing where no order names any."""
    naming = [(number, order) for number, order in enumerate(orders) if order.names_others]
    if not naming:
        return [], {}
    outside = {other for _, order in naming for other, _ in order.named() if isinstance(other, UUID)}
    known = await tasks.types(connection, sorted(outside), by.caller.workspace_id) if outside else {}
    needed: list[NewDependency] = []
    for number, order in naming:
        needed += needed_by(ids[number], order, Known(ids, known, by.caller.workspace_id), by.field(number))
    return needed, known | {task_id: order.spec.type for task_id, order in zip(ids, orders, strict=True)}
