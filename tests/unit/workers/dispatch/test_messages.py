"""Are released tasks put into messages that their workers can take?"""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from shared.engine.store.batches import PublishedBatch
from shared.engine.store.rows.task_rows import QueuedTask
from shared.ids import new_id
from shared.task_types.registry import TASK_TYPES
from workers.attempts.attempt import LARGEST_MESSAGE
from workers.dispatch import messages

MOST = TASK_TYPES["probe"].batch
OURS = new_id()


def task(kind: str = "probe", **said: Any) -> QueuedTask:
    usual: dict[str, Any] = dict.fromkeys(field.name for field in fields(QueuedTask))
    usual |= {"id": new_id(), "workspace_id": OURS, "type": kind, "lane": "system", "unfilled": False, "release_seq": 0}
    return QueuedTask(**usual | said)


def batched(packed: messages.Packed) -> list[list[UUID]]:
    """The tasks of each batch, in the order of their messages."""
    batches = [UUID(message.content["batch"]) for message in packed.messages if "batch" in message.content]
    return [[UUID(task) for task in packed.batches[one]] for one in batches]


def test_more_than_fit_in_one_batch_go_in_several_in_their_order():
    rows = [task() for _ in range(2 * MOST + 1)]
    ids = [row.id for row in rows]
    assert batched(messages.pack(rows, {})) == [ids[:MOST], ids[MOST : 2 * MOST], ids[2 * MOST :]]


def test_a_batch_is_of_one_workspace_and_lane():
    rows = [task(), task(workspace_id=new_id()), task(lane="media"), task()]
    assert batched(messages.pack(rows, {})) == [[rows[0].id, rows[3].id], [rows[1].id], [rows[2].id]]


def test_what_acts_and_what_needs_the_results_of_others_goes_alone_and_in_its_turn():
    acts, plain, needs = task("comment"), task(), task(unfilled=True)
    packed = messages.pack([acts, plain, needs], {})
    assert packed.alone == [acts.id, needs.id]
    assert batched(packed) == [[plain.id]]
    assert [message.content["tasks"] for message in packed.messages] == [[[str(acts.id), 1]], [], [[str(needs.id), 1]]]


def test_the_message_of_a_batch_has_no_tasks_for_a_worker_of_an_earlier_version():
    (message,) = messages.of_batches([PublishedBatch(OURS, "system", "probe")])
    assert message == messages.Message("system", "probe", {"batch": str(OURS), "tasks": []})


def test_tasks_that_go_alone_are_named_with_their_numbers_by_lane_and_type():
    one, two, other = new_id(), new_id(), new_id()
    made = messages.of_tasks([(one, 1, "system", "probe"), (other, 4, "media", "probe"), (two, 2, "system", "probe")])
    assert [(message.lane, message.content) for message in made] == [
        ("system", {"tasks": [[str(one), 1], [str(two), 2]]}),
        ("media", {"tasks": [[str(other), 4]]}),
    ]


def test_a_message_names_no_more_tasks_than_a_worker_takes_from_it():
    made = messages.of_tasks([(new_id(), 1, "system", "probe") for _ in range(LARGEST_MESSAGE + 1)])
    assert [len(message.content["tasks"]) for message in made] == [LARGEST_MESSAGE, 1]


def test_one_that_acts_has_a_message_of_its_own():
    rows = [task("comment"), task("comment")]
    assert [len(message.content["tasks"]) for message in messages.pack(rows, {}).messages] == [1, 1]


def test_those_that_one_stands_for_fill_batches_in_their_order():
    first, second, third = task(), task(), task(lane="media")
    those = [first.id, *(new_id() for _ in range(MOST - 2))]
    others = [second.id, new_id(), new_id()]
    packed = messages.pack([first, second, third], {first.id: [*map(str, those)], second.id: [*map(str, others)]})
    assert batched(packed) == [those + others[:1], others[1:], [third.id]]
