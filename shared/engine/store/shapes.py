"""What do new tasks that are stored at once have in common? The event of their beginning, and mostly all but their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from shared.db.events import LARGEST_GROUP
from shared.ids import new_id
from shared.task_types.registry import TASK_TYPES


def sharing(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows; several of one type that goes in batches share the event of their beginning, up to a group."""
    alike: dict[Any, list[int]] = {}
    for number, row in enumerate(rows):
        if TASK_TYPES[row["type"]].batch > 1 and row["status"] != "awaiting_approval":
            alike.setdefault((row["workspace_id"], row["type"], row["lane"], row["status"]), []).append(number)
    shared = list(rows)
    for numbers in alike.values():
        for first in range(0, len(numbers), LARGEST_GROUP):
            part = numbers[first : first + LARGEST_GROUP]
            if len(part) > 1:
                group = [new_id()]
                for number in part:
                    shared[number] = {**rows[number], "event_groups": group}
    return shared


def by_shape(rows: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[UUID], list[int]]:
    """Return the distinct rows without their ids, the ids, and for each id the number of its row, from 1 on.

    Of rows that stand side by side: those of one request mostly do.
    """
    shapes: list[dict[str, Any]] = []
    ids: list[UUID] = []
    shape_of: list[int] = []
    for row in rows:
        shape = dict(row)
        ids.append(shape.pop("id"))
        if not shapes or shape != shapes[-1]:
            shapes.append(shape)
        shape_of.append(len(shapes))
    return shapes, ids, shape_of
