"""Is what goes in batches plain enough for it?"""

from __future__ import annotations

import pytest

from shared.db.events import LARGEST_GROUP
from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import AnySpec

BATCHED = [spec for spec in TASK_TYPES.values() if spec.batch > 1]


@pytest.mark.parametrize("spec", BATCHED, ids=lambda spec: spec.type)
def test_a_type_that_goes_in_batches_does_nothing_that_an_attempt_must_stand_for(spec: AnySpec):
    acts = {"effects", "numbered", "of_account", "capability", "needs", "begins_run", "takes_place", "holds_place"}
    assert {name for name in acts if getattr(spec, name)} == set()
    assert spec.lane in {"named", "system"}
    assert spec.batch <= LARGEST_GROUP


def test_there_are_such_types():
    assert [spec.type for spec in BATCHED] == ["probe"]
