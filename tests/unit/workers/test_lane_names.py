"""Is every lane that there is taken for one, wherever somebody names it?"""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from api.schemas.tasks_scope import ScopeBody
from connectors.pools import pools
from connectors.registry import abilities
from shared.settings import Settings
from shared.task_types.probe import LaneName
from shared.tasks.drafting.lane import lanes_of

LANES = sorted({lane for pool in pools(Settings(safari="on")).values() for lane in pool.lanes})


@pytest.mark.parametrize("lane", LANES)
def test_a_lane_can_be_probed_and_held(lane: str):
    TypeAdapter(LaneName).validate_python(lane)
    assert ScopeBody(scope=f"lane:{lane}").scope == f"lane:{lane}"
    assert lane in lanes_of(abilities(), [Settings().host_name])
