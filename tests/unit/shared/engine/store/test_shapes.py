"""Is what new tasks have in common found, and nothing more?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from shared.engine.store.shapes import by_shape, sharing
from shared.ids import new_id


def row(**said: Any) -> dict[str, Any]:
    return {"id": new_id(), "workspace_id": UUID(int=1), "type": "probe", "lane": "system", "status": "pending"} | said


def test_rows_side_by_side_that_differ_in_their_ids_alone_are_one_shape():
    rows = [row(), row(), row(lane="media"), row(), row()]
    shapes, ids, shape_of = by_shape(rows)
    assert ids == [one["id"] for one in rows]
    assert shape_of == [1, 1, 2, 3, 3]
    assert [{"id": task, **shapes[number - 1]} for task, number in zip(ids, shape_of, strict=True)] == rows


def test_no_row_has_no_shape():
    assert by_shape([]) == ([], [], [])


def test_of_one_lane_and_state_they_share_an_event_and_one_alone_has_its_own():
    rows = sharing([row(), row(lane="media"), row(), row(status="scheduled"), row(type="comment"), row(type="comment")])
    assert rows[0]["event_groups"] == rows[2]["event_groups"]
    assert ["event_groups" in one for one in rows] == [True, False, True, False, False, False]
