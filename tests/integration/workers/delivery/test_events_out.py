"""Do events leave the house by themselves, while the engine runs?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from standardwebhooks import Webhook

from tests.support.gateway import PROBE, serve
from tests.support.receiver import receiver
from tests.support.stack import QUICK, Stack, wait_for


@contextmanager
def ending(engine: Stack) -> Iterator[None]:
    try:
        yield
    finally:
        engine.stop_all()


@pytest.mark.slow
def test_a_real_pool_delivers_what_happens_and_tries_again(database, tmp_path):
    settings = database.model_copy(update={**QUICK, "egress_allowed": "127.0.0.1/32", "log_format": "console"})
    engine = Stack(settings, tmp_path / "stack", traced=False)
    with serve(settings) as gateway, receiver() as there, ending(engine):
        engine.start_beat()
        engine.start_pool("system")
        there.answers = [500]
        hook = gateway.post("/api/webhooks", {"url": there.url, "types": ["task.completed"]}).json()
        task = gateway.post("/api/scheduler/task", PROBE).json()
        wait_for("it came once and was refused", lambda: there.requests, seconds=30)
        wait_for("it came again", lambda: len(there.requests) == 2 or _hurry(engine), seconds=30)
        many = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE] * 100}).json()["ids"]
        wait_for("all others came", lambda: len(there.requests) == 102, seconds=20)
        assert {json.loads(one.body)["subject"] for one in there.requests[2:]} == {*many}
        events = [Webhook(hook["secret"]).verify(one.body, one.headers) for one in there.requests[:2]]
    assert [(event["type"], event["subject"]) for event in events] == [("task.completed", task["id"])] * 2
    assert json.loads(there.requests[0].body) == events[0]


def _hurry(engine: Stack) -> bool:
    """The refusal is noted after the answer was sent: what waits since then is due as well."""
    engine.query("UPDATE webhook_deliveries SET next_at = now() WHERE last_status = 500 AND state = 'pending'")
    engine.query("UPDATE webhooks SET rests_until = NULL")
    return False
