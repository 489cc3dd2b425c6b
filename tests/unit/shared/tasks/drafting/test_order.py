"""Are circles among tasks found?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.task_types.probe import SPEC, ProbePayload
from shared.tasks.drafting.order import TaskOrder, cycle_in

PAYLOAD = ProbePayload(lane="system")


def orders(*needs: list[int]) -> list[TaskOrder]:
    return [TaskOrder(spec=SPEC, payload=PAYLOAD, dependencies=tuple(some)) for some in needs]


def test_a_chain_is_no_circle():
    assert cycle_in(orders([], [0], [1], [0, 2])) is None


def test_a_circle_is_named_by_its_first_task():
    assert cycle_in(orders([0])) == 0
    assert cycle_in(orders([], [2], [1])) == 1


@given(st.lists(st.lists(st.integers(0, 20), max_size=4), max_size=20))
def test_who_needs_only_earlier_tasks_is_never_in_a_circle(needs: list[list[int]]):
    earlier = [[other for other in some if other < i] for i, some in enumerate(needs)]
    assert cycle_in(orders(*earlier)) is None


def test_ten_thousand_in_a_row_are_no_trouble():
    assert cycle_in(orders([], *([i] for i in range(9_999)))) is None
    assert cycle_in(orders([9_999], *([i] for i in range(9_999)))) == 0
