"""Does a pool that is told to stop begin nothing outward any more, and end what it has begun?"""

from __future__ import annotations

import pytest

from connectors.registry import stops_within_s
from tests.support.held_makers import house
from tests.support.stack import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_what_has_called_nobody_yet_is_given_back_at_once_and_calls_nobody(database, tmp_path):
    with house(database, tmp_path, "/v1/organization") as here:
        video = here.begin()
        here.stop_pool()
        here.stack.processes["apis"].wait(15)  # although the maker still holds its answer
        assert here.status(video) == "pending"
        here.protocol.let_go.set()

        assert here.made_by.orders == []
        assert here.gateway.query("SELECT outcome FROM attempts") == [{"outcome": "gave_back"}]
        assert here.gateway.query("SELECT id FROM effects") == []
        assert here.gateway.query("SELECT id FROM workers") == []


def test_a_call_that_has_begun_ends_and_is_written_down(database, tmp_path):
    with house(database, tmp_path, "/v1/text_to_video") as here:
        video = here.begin()
        here.stop_pool()
        # Nothing more is released to it from now on.
        wait_for("the pool is gone", lambda: not here.gateway.query("SELECT id FROM workers"))
        assert here.stack.processes["apis"].poll() is None
        here.protocol.let_go.set()
        here.stack.processes["apis"].wait(stops_within_s())

        assert [row["outcome"] for row in here.gateway.query("SELECT outcome FROM effects")] == ["confirmed"]
        assert (here.status(video), len(here.made_by.orders)) == ("pending", 1)
        assert here.gateway.query("SELECT lost_count FROM tasks WHERE id = %(v)s", v=video) == [{"lost_count": 0}]
