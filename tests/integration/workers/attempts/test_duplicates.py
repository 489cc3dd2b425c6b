"""What does the same text to the same target wait for, while nobody knows what came of the first?"""

from __future__ import annotations

import pytest

from shared.errors import OutcomeUnknown
from tests.support.acting import Calling, Warm
from tests.support.dispatching import Wire, lead_for, lead_until, serve_lanes
from tests.support.gateway import Gateway, comment
from tests.support.worker import work_on, worker
from workers.attempts import outward_step

pytestmark = pytest.mark.timeout(60)
PARKED = "SELECT wake_key, (SELECT id::text FROM effects) AS effect FROM tasks WHERE id = %(id)s"


def no_answer() -> None:
    raise OutcomeUnknown(message="no answer")


def test_it_waits_for_the_open_outcome_without_a_browser_and_goes_on_when_that_is_known(gateway: Gateway, calling: Calling):
    serve_lanes(gateway, f"chromium.{gateway.settings.host_name}.instagram")
    calling.during = no_answer
    first, wire = gateway.submit(comment(gateway.settings))["id"], Wire()
    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        assert work_on(gateway, process, first) == "unknown"
        gateway.query("UPDATE tasks SET verify_at = NULL")  # as where nothing can be read back: a person decides
        again = gateway.submit(comment(gateway.settings))["id"]
        assert work_on(gateway, process, again) == "pending"
        assert calling.prepared == 1

        [parked] = gateway.query(PARKED, id=again)
        assert parked["wake_key"] == f"effect:{parked['effect']}"
        lead_for(gateway, wire, 20, sweep_s=0.1)
        assert again not in wire.tasks
        shown = gateway.http.get(f"/api/scheduler/task/{again}/explain").json()
        closed = [(gate["gate"], gate["reason"]) for gate in shown["gates"] if not gate["open"]]
        assert closed == [("spacing", "the outcome of the same text to the same target is not known yet")]
        assert shown["expected_start"] is None

        gateway.post(f"/api/scheduler/task/{first}/resolve", {"outcome": "absent", "note": "not there"}).raise_for_status()
        lead_until(gateway, wire, lambda: again in wire.tasks, rounds=10)
        gateway.query("UPDATE tasks SET status = 'pending' WHERE id = %(id)s", id=again)
        calling.during = lambda: None
        assert work_on(gateway, process, again) == "completed"


def test_an_intent_asks_again_and_its_task_waits_for_the_same(gateway: Gateway, calling: Calling, monkeypatch):
    async def seen_nothing(*_) -> None:
        """Another attempt has not written its intent yet."""

    monkeypatch.setattr(outward_step, "require_unsaid", seen_nothing)
    calling.during = no_answer
    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        assert work_on(gateway, process, gateway.submit(comment(gateway.settings))["id"]) == "unknown"
        again = gateway.submit(comment(gateway.settings))["id"]
        assert work_on(gateway, process, again) == "pending"

    [parked] = gateway.query(PARKED, id=again)
    assert parked["wake_key"] == f"effect:{parked['effect']}"
    assert (calling.prepared, calling.calls) == (2, 1)
