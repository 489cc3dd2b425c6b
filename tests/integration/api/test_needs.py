"""Is it taken at its word what a task needs of others, or refused with the one field that is wrong?"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.gateway import PROBE, Gateway

BATCH = "/api/scheduler/tasks"
UNKNOWN = str(uuid4())


def refused(answer: Any, status: int, field: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    assert [error["field"] for error in found["errors"]] == [field]
    return found


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"dependencies": [{"tasks": ["#0"], "need": "most"}]}, 422, "dependencies[0].need"),
        ({"dependencies": [{"tasks": ["#0"], "need": 2}]}, 422, "dependencies[0].need"),
        ({"dependencies": [{"tasks": ["#0"], "need": {"at_least": 0}}]}, 422, "dependencies[0].need.at_least"),
        ({"dependencies": [{"tasks": ["#0", "#0"], "need": {"at_least": 2}}]}, 422, "dependencies[0].need.at_least"),
        ({"dependencies": [{"tasks": []}]}, 422, "dependencies[0].tasks"),
        ({"dependencies": [{"tasks": ["#0", "no"]}]}, 422, "dependencies[0].tasks[1]"),
        ({"dependencies": ["#0", {"tasks": ["#0", UNKNOWN]}]}, 404, "dependencies[1].tasks[1]"),
        ({"dependencies": [{"tasks": ["#0", "#7"], "need": "any"}]}, 404, "dependencies[0].tasks[1]"),
        ({"dependencies": [{"tasks": ["#0"], "needs": "any"}]}, 422, "dependencies[0].needs"),
        ({"dependencies": [{"tasks": ["#0", "#1"], "need": "any"}]}, 409, "dependencies"),
        ({"after": {"task": "#1", "offset_s": 1}}, 409, "dependencies"),
        ({"after": {"task": "#7", "offset_s": 1}}, 404, "after.task"),
        ({"after": {"task": "#0", "offset_s": -1}}, 422, "after.offset_s"),
        ({"after": {"task": "#0"}}, 422, "after.offset_s"),
        ({"after": "#0"}, 422, "after"),
    ],
)
def test_what_cannot_be_needed_is_refused_by_its_field(
    module_gateway: Gateway, wrong: dict[str, Any], status: int, field: str
):
    before = module_gateway.stored()
    refused(module_gateway.post(BATCH, {"tasks": [PROBE, PROBE | wrong]}), status, f"tasks[1].{field}")
    assert module_gateway.stored() == before


def test_a_task_names_a_hundred_others_at_most(module_gateway: Gateway):
    needs = [{"tasks": [f"#{n}" for n in range(60)], "need": "any"}, {"tasks": [f"#{n}" for n in range(60, 120)]}]
    answer = module_gateway.post(BATCH, {"tasks": [PROBE] * 120 + [PROBE | {"dependencies": needs}]})
    assert refused(answer, 422, "tasks[120].dependencies")["code"] == "too_many"


def test_needs_are_shown_as_they_hold(module_gateway: Gateway):
    a, b, c = sorted(module_gateway.submit()["id"] for _ in range(3))
    task = module_gateway.submit(
        dependencies=[
            {"tasks": [a, b, c], "need": {"at_least": 2}},
            {"tasks": [a]},
            {"tasks": [b, c], "need": "settled"},
            {"tasks": [c], "need": "any"},
        ],
        after={"task": a, "offset_s": 0.5},
    )
    needs = [a, c, {"tasks": [b], "need": "settled"}, {"tasks": [a, b, c], "need": {"at_least": 2}}]
    assert task["dependencies"] == needs
    assert task["after"] == {"task": a, "offset_s": 0.5}
    assert module_gateway.http.get(f"/api/scheduler/task/{task['id']}").json() == task
