"""How are new tasks stored? By what they have in common: of many at once mostly all but their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from shared.db.events import ALONE, APPEND_GROUPS, LARGEST_GROUP, MOVED, TASK_ENTRY, as_array, as_json
from shared.engine.store import parking
from shared.engine.store.dependencies import NewDependency
from shared.ids import new_id
from shared.task_types.registry import TASK_TYPES

_COLUMNS = (
    "workspace_id", "type", "type_version", "platform", "account_id", "lane", "priority", "status", "payload",
    "payload_hash", "resources", "approval_required", "scheduled_for", "not_before", "due_at", "max_retries",
    "timetable_entry", "timetable_slot", "schedule_id", "schedule_slot", "correlation_id", "recipient",
    "run_id", "targets", "approved_hash", "approved_account", "approved_for", "asked_by", "asked_by_id",
    "approval_until", "approval_rule", "hours", "wake_key", "parent_id", "parent_step", "doubted_at",
)  # fmt: skip

# One document holds all shapes, and three arrays say which task is of which and shares which event.
_INSERT = f"""
        INSERT INTO tasks AS t (id, event_groups, {", ".join(_COLUMNS)}, created_at, rank, runs_asleep, author, unfilled,
                                approval_covers_time, parked_at)
        SELECT g.id, CASE WHEN g.shared > 0 THEN ARRAY[groups.ids[g.shared]] END, {", ".join(_COLUMNS)},
               coalesce(created_at, clock_timestamp()), priority, coalesce(runs_asleep, false),
               coalesce(author, 'person'), coalesce(unfilled, false), coalesce(approval_covers_time, true),
               CASE WHEN wake_key IS NOT NULL THEN clock_timestamp() END
        FROM unnest(CAST(:ids AS uuid[]), CAST(:shape_of AS int[]), CAST(:shared AS int[])) AS g(id, shape, shared)
        CROSS JOIN (SELECT CAST(:groups AS uuid[]) AS ids OFFSET 0) groups
        JOIN (
            SELECT * FROM jsonb_populate_recordset(NULL::tasks, CAST(:shapes AS jsonb)) WITH ORDINALITY
        ) shapes ON shapes.ordinality = g.shape
"""

# Of those that share the event of their beginning it is known beforehand: nothing has to come back of them.
_STORE_SHARING = text(_INSERT)

# The others, and the events of all: the counters are taken once.
_STORE = text(
    f"""
    WITH moved AS (
        {_INSERT}
        ON CONFLICT DO NOTHING
        RETURNING {MOVED}, t.account_id, t.run_id, t.payload
    ),
    begun AS (
        INSERT INTO runs (id, workspace_id, kind, name, account_id)
        SELECT run_id, workspace_id, type, coalesce(payload ->> 'query', type), account_id FROM moved
        WHERE type = ANY (:beginning)
    ),
    needed AS (
        INSERT INTO task_dependencies (task_id, depends_on_id, workspace_id, until, entry, at_least, offset_s)
        SELECT task_id, depends_on_id, workspace_id, until, entry, at_least, offset_s
        FROM jsonb_populate_recordset(NULL::task_dependencies, CAST(:dependencies AS jsonb))
    ),
    entries AS (
        {TASK_ENTRY}
        UNION ALL
        SELECT m.workspace_id, m.id, 'approval.requested',
               jsonb_strip_nulls(jsonb_build_object('task_type', m.type, 'platform', m.platform, 'lane', m.lane))
        FROM moved m WHERE m.status = 'awaiting_approval'
    ),
    groups AS (
        SELECT workspace_id, type, data, CAST(task_ids AS uuid[]) AS task_ids,
               CAST(NULL AS text[]) AS correlation_ids, group_id
        FROM jsonb_to_recordset(CAST(:together AS jsonb))
            AS r(workspace_id uuid, type text, data jsonb, task_ids text, group_id uuid)
        UNION ALL
        {ALONE}
    ), {APPEND_GROUPS}
    SELECT (SELECT count(*) FROM moved) FROM (SELECT count(*) FROM appended) a
    """
).bindparams(bindparam("beginning", [spec.type for spec in TASK_TYPES.values() if spec.begins_run], type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class NewTasks:
    """Tasks that are still to be stored: the one with `ids[n]` is `shapes[shape_of[n]]`, a row without an id.

    Ten thousand tasks of one request are mostly of a few shapes; what is done with them is done once for each shape.
    """

    ids: list[UUID]
    shapes: list[dict[str, Any]]
    shape_of: list[int]

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each task."""
        return [self.shapes[shape] | {"id": task} for task, shape in zip(self.ids, self.shape_of, strict=True)]

    def only(self, numbers: Iterable[int]) -> NewTasks:
        """Return some of them, by their numbers."""
        chosen = list(numbers)
        return NewTasks([self.ids[n] for n in chosen], self.shapes, [self.shape_of[n] for n in chosen])


def by_shape(rows: Sequence[Mapping[str, Any]]) -> NewTasks:
    """Return new tasks from a row for each; of rows that stand side by side it is found what they have in common."""
    new = NewTasks([], [], [])
    for row in rows:
        shape = dict(row)
        new.ids.append(shape.pop("id"))
        if not new.shapes or shape != new.shapes[-1]:
            new.shapes.append(shape)
        new.shape_of.append(len(new.shapes) - 1)
    return new


@dataclass(frozen=True, slots=True)
class Together:
    """The beginning of several tasks as one event: what it says, and the numbers of the tasks that share it."""

    id: UUID
    workspace_id: UUID
    type: str
    data: dict[str, Any]
    numbers: list[int]


def together(new: NewTasks) -> list[Together]:
    """Return the events that several share: those of types that go in batches, of which nothing is stored yet for sure."""
    kinds: dict[Any, tuple[dict[str, Any], list[int]]] = {}
    of_shape = [_kind_of(shape) for shape in new.shapes]
    for number, shape in enumerate(new.shape_of):
        if (kind := of_shape[shape]) is not None:
            found = kinds.get(kind)
            if found is None:
                kinds[kind] = (new.shapes[shape], [number])
            else:
                found[1].append(number)
    return [
        Together(
            new_id(),
            shape["workspace_id"],
            f"task.{shape['status']}",
            _said_of(shape),
            numbers[first : first + LARGEST_GROUP],
        )
        for shape, numbers in kinds.values()
        for first in range(0, len(numbers), LARGEST_GROUP)
        if len(numbers) - first > 1
    ]


def _kind_of(shape: Mapping[str, Any]) -> Any:
    """Return what tasks have in common that share the event of their beginning; None where each has its own.

    A slot of the timetable or of a schedule may be there already: whether such a task is stored is not known beforehand.
    """
    slot = shape.get("timetable_entry") is not None or shape.get("schedule_id") is not None
    if TASK_TYPES[shape["type"]].batch == 1 or shape["status"] == "awaiting_approval" or slot:
        return None
    return (shape["workspace_id"], shape["status"], *_said_of(shape).items())


def _said_of(shape: Mapping[str, Any]) -> dict[str, Any]:
    said = {"task_type": shape["type"], "platform": shape.get("platform"), "lane": shape["lane"]}
    said |= {"correlation_id": shape.get("correlation_id")}
    return {name: value for name, value in said.items() if value is not None}


async def store(connection: AsyncConnection, new: NewTasks, dependencies: Sequence[NewDependency] = ()) -> int:
    """Store new tasks with what they depend on and their events; return how many.

    An existing slot of the timetable or of a schedule is left alone. With a task that begins a run its run
    is stored. A task that waits for something is parked from its beginning, and never stands before ready ones. The last
    statements of their transaction.
    """
    if dependencies:
        new = await _parked(connection, new, dependencies)
    groups = together(new)
    shared = [0] * len(new.ids)
    for place, group in enumerate(groups, 1):
        for number in group.numbers:
            shared[number] = place
    texts = [str(task) for task in new.ids]
    values = {"groups": as_array(str(group.id) for group in groups), "shapes": as_json(new.shapes)}
    grouped = [number for number, place in enumerate(shared) if place]
    alone = [number for number, place in enumerate(shared) if not place] if len(grouped) < len(shared) else []

    def chosen(numbers: Sequence[int]) -> dict[str, Any]:
        return values | {
            "ids": as_array(texts[n] for n in numbers),
            "shape_of": as_array(str(new.shape_of[n] + 1) for n in numbers),
            "shared": as_array(str(shared[n]) for n in numbers),
        }

    if grouped:
        await connection.execute(_STORE_SHARING, chosen(grouped))
    said = [
        {"workspace_id": one.workspace_id, "type": one.type, "data": one.data, "group_id": one.id,
         "task_ids": as_array(texts[n] for n in one.numbers)}
        for one in groups
    ]  # fmt: skip
    needed = {"dependencies": as_json([one.as_row() for one in dependencies]), "together": as_json(said)}
    answer = await connection.execute(_STORE, chosen(alone) | needed)
    return len(grouped) + int(answer.scalar_one())


async def _parked(connection: AsyncConnection, new: NewTasks, dependencies: Sequence[NewDependency]) -> NewTasks:
    """Return the tasks with what each waits for; those that wait for approval are parked by that already."""
    waiting = {
        task for task, shape in zip(new.ids, new.shape_of, strict=True) if new.shapes[shape]["status"] != "awaiting_approval"
    }
    needed = [one for one in dependencies if one.task_id in waiting]
    keys = await parking.first_needed(connection, set(new.ids), needed) if needed else {}
    if not keys:
        return new
    return by_shape([{**row, "wake_key": keys[row["id"]]} if row["id"] in keys else row for row in new.rows()])
