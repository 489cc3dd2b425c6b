"""Until when may a call begin? Counted from before its intent looked at the clock, whatever the network added."""

from __future__ import annotations

import time

from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.worker import work_on, worker
from workers.attempts import intent


def test_a_slow_answer_makes_the_time_for_a_call_shorter_and_never_longer(gateway: Gateway, calling: Calling, monkeypatch):
    real, asked_at = intent.stored_facts.load, []

    async def load(*asked, **how):
        asked_at.append(time.time())
        return await real(*asked, **how)

    monkeypatch.setattr(intent.stored_facts, "load", load)
    last = []
    calling.during = lambda: last.append(asked_at[-1])
    task = gateway.submit(comment(gateway.settings))

    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        assert work_on(gateway, process, task["id"]) == "completed"

    assert calling.deadline.begin_by <= last[0] + gateway.settings.call_begin_ms / 1000
