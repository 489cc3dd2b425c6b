"""Is what an attempt knows written down although PostgreSQL goes away just then?"""

from __future__ import annotations

from sqlalchemy.exc import OperationalError

from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.worker import work_on, worker
from workers.attempts import intent_batcher


def test_a_receipt_is_kept_although_the_database_goes_away_after_the_call(gateway: Gateway, calling: Calling):
    calling.during = lambda: gateway.end_sessions("worker")
    task = gateway.submit(comment(gateway.settings))

    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        status = work_on(gateway, process, task["id"])

    assert gateway.query("SELECT outcome, external_id FROM effects") == [{"outcome": "confirmed", "external_id": "m1"}]
    assert status == "completed"
    assert calling.calls == 1


def test_an_intent_whose_commit_was_not_answered_is_absent_since_its_call_was_not_made(
    gateway: Gateway, calling: Calling, monkeypatch
):
    real = intent_batcher.intend_all

    async def unanswered(*asked):
        monkeypatch.setattr(intent_batcher, "intend_all", real)
        await real(*asked)
        raise OperationalError("COMMIT", {}, ConnectionResetError())

    monkeypatch.setattr(intent_batcher, "intend_all", unanswered)
    task = gateway.submit(comment(gateway.settings))

    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        first = work_on(gateway, process, task["id"])
        gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'scheduled'")
        second = work_on(gateway, process, task["id"])

    assert (first, second) == ("scheduled", "completed")
    outcomes = gateway.query("SELECT outcome FROM effects ORDER BY id")
    assert outcomes == [{"outcome": "absent"}, {"outcome": "confirmed"}]
    assert calling.calls == 1
