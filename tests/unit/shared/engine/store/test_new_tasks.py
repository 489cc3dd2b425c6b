"""Is what new tasks have in common found, and nothing more?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from shared.db.events import LARGEST_GROUP
from shared.engine.store.new_tasks import NewTasks, by_shape, together
from shared.ids import new_id


def row(**said: Any) -> dict[str, Any]:
    usual = {"workspace_id": UUID(int=1), "type": "probe", "lane": "system", "status": "pending", "correlation_id": "c"}
    return {"id": new_id()} | usual | said


def numbers(*rows: dict[str, Any]) -> list[list[int]]:
    return [one.numbers for one in together(by_shape(rows))]


def test_rows_side_by_side_that_differ_in_their_ids_alone_are_one_shape():
    rows = [row(), row(), row(lane="media"), row(), row()]
    new = by_shape(rows)
    assert new.ids == [one["id"] for one in rows]
    assert new.shape_of == [0, 0, 1, 2, 2]
    assert new.rows() == rows


def test_no_row_has_no_shape():
    assert by_shape([]) == NewTasks([], [], [])
    assert numbers() == []


def test_of_one_lane_and_state_they_share_an_event_and_one_alone_has_its_own():
    acts = row(type="comment"), row(type="comment")
    assert numbers(row(), row(lane="media"), row(), row(status="scheduled"), *acts) == [[0, 2]]


def test_an_event_says_the_same_of_all_that_share_it():
    (one,) = together(by_shape([row(), row()]))
    assert (one.type, one.data) == ("task.pending", {"task_type": "probe", "lane": "system", "correlation_id": "c"})
    assert numbers(row(), row(correlation_id="d"), row(), row(correlation_id="d"), row(workspace_id=UUID(int=2))) == [
        [0, 2],
        [1, 3],
    ]


def test_what_may_be_stored_already_or_waits_for_approval_shares_no_event():
    slots = row(timetable_entry="x"), row(timetable_entry="x"), row(schedule_id=UUID(int=3)), row(schedule_id=UUID(int=3))
    assert numbers(*slots, row(status="awaiting_approval"), row(status="awaiting_approval")) == []


def test_more_than_a_group_holds_are_several_groups_and_the_last_one_alone_has_its_own_event():
    assert [len(one) for one in numbers(*[row()] * (2 * LARGEST_GROUP + 1))] == [LARGEST_GROUP, LARGEST_GROUP]
