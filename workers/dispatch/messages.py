"""How are released tasks put into messages? Those that have an attempt each are named; the others go in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.engine.store.batches import PublishedBatch
from shared.engine.store.rows.task_rows import QueuedTask
from shared.ids import new_id
from shared.task_types.registry import TASK_TYPES

LARGEST_NAMED = 256  # tasks in one message that have an attempt each, however many go in a batch: a worker takes no more


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a lane, for tasks of one type."""

    lane: str
    type: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Packed:
    """Released tasks: those that go `alone`, the ids of those in each batch, and all messages in their order."""

    alone: list[UUID] = field(default_factory=list)
    batches: dict[UUID, list[str]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)


def pack(released: Sequence[QueuedTask], alike: Mapping[UUID, Sequence[str]]) -> Packed:
    """Put what is about to be released into messages: batches are of one workspace, lane and type each.

    Whose payload needs the results of others is no plain task: it has an attempt, which reads them. A task that stands for
    others goes with all those that are `alike`.
    """
    packed = Packed()
    named = _Named(packed.messages)
    open_ones: dict[tuple[UUID, str, str], list[str]] = {}
    for row in released:
        most = TASK_TYPES[row.type].batch
        if most == 1 or row.unfilled:
            packed.alone.append(row.id)
            named.add(row.id, row.release_seq + 1, row.lane, row.type)
            continue
        key = (row.workspace_id, row.lane, row.type)
        left = list(alike.get(row.id, (str(row.id),)))
        while left:
            batch = open_ones.get(key)
            if batch is None or len(batch) == most:
                made = new_id()
                batch = open_ones[key] = packed.batches[made] = []
                packed.messages.append(_of_batch(made, row.lane, row.type))
            room = most - len(batch)
            batch += left[:room]
            left = left[room:]
    return packed


def of_tasks(released: Iterable[tuple[UUID, int, str, str]]) -> list[Message]:
    """Return messages of tasks (id, release number, lane, type), of one lane and type each, in the order of release."""
    messages: list[Message] = []
    named = _Named(messages)
    for one in released:
        named.add(*one)
    return messages


def of_batches(batches: Iterable[PublishedBatch]) -> list[Message]:
    """Return the messages of batches."""
    return [_of_batch(batch.id, batch.lane, batch.type) for batch in batches]


def _of_batch(batch: UUID, lane: str, kind: str) -> Message:
    # An earlier version's worker reads that there are no tasks, and takes none.
    return Message(lane, kind, {"batch": str(batch), "tasks": []})


class _Named:
    """Adds tasks to the last message of their lane and type, or to a new one where that is full."""

    def __init__(self, messages: list[Message]) -> None:
        self._messages = messages
        self._last: dict[tuple[str, str], list[list[Any]]] = {}

    def add(self, task: UUID, number: int, lane: str, kind: str) -> None:
        """Name a task with its release number."""
        tasks = self._last.get((lane, kind))
        if tasks is None or len(tasks) == min(TASK_TYPES[kind].batch, LARGEST_NAMED):
            tasks = self._last[lane, kind] = []
            self._messages.append(Message(lane, kind, {"tasks": tasks}))
        tasks.append([str(task), number])
