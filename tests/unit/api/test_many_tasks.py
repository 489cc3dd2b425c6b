"""Is what was said several times read once, and everything else as if it stood alone?"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api.schemas.tasks import ManyTasks

PROBE: dict[str, Any] = {"type": "probe", "payload": {"lane": "system"}}


def test_what_was_said_several_times_is_one_and_the_same_order():
    one, other, again, last = ManyTasks.model_validate({"tasks": [PROBE, PROBE | {"priority": 5}, PROBE, PROBE]}).orders()
    assert one is again is last
    assert (one.priority, other.priority) == (None, 5)


@pytest.mark.parametrize("wrong", [True, 1.5, "1", None])
def test_what_python_takes_for_the_same_is_read_by_itself(wrong: object):
    said = [PROBE | {"max_retries": 1}, PROBE | {"max_retries": 1}, PROBE | {"max_retries": wrong}]
    with pytest.raises(ValidationError) as refused:
        ManyTasks.model_validate({"tasks": said})
    assert [fault["loc"][:2] for fault in refused.value.errors()] == [("tasks", 2)]


def test_each_fault_names_its_own_place():
    with pytest.raises(ValidationError) as refused:
        ManyTasks.model_validate({"tasks": [PROBE, {"type": "probe"}, PROBE, {"type": "probe"}]})
    assert [fault["loc"][:2] for fault in refused.value.errors()] == [("tasks", 1), ("tasks", 3)]
