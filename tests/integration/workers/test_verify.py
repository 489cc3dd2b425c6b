"""What does a look at an unknown outcome conclude, against a real ledger?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.contract.action import Receipt
from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.worker import look_at, work_on, worker
from workers.process import WorkerProcess


class Lost(Calling):
    """A call whose answer never comes. What the platform shows afterwards is `shows`."""

    shows: Receipt | None = None

    async def commit(self, session, request, baseline, deadline):
        self.calls += 1
        raise ConnectionResetError

    async def verify(self, session, request, baseline, known):
        return self.shows


@pytest.fixture
def action(monkeypatch, gateway: Gateway) -> Lost:
    lost = Lost()
    monkeypatch.setattr("workers.effect.load_action", lambda *_: lost)
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    return lost


@pytest.fixture
def process(gateway: Gateway) -> Iterator[WorkerProcess]:
    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        yield process


@pytest.mark.parametrize("over", ["outcome = 'lost', dead_at = now()", "ended_at = now()"], ids=["lost", "ended"])
def test_absent_is_counted_from_when_the_attempt_was_over_and_not_from_its_deadline_alone(
    gateway: Gateway, action: Lost, process: WorkerProcess, over: str
):
    task = gateway.submit(comment(gateway.settings))["id"]
    assert work_on(gateway, process, task) == "unknown"
    # Its machine was paused beyond its lease, clicked on a stale clock when it resumed, and was ended only now.
    gateway.query("UPDATE effects SET call_deadline = now() - interval '1 hour'")
    gateway.query(f"UPDATE attempts SET {over}")

    assert [look_at(gateway, process, task) for _ in range(3)] == ["unknown"] * 3
    assert gateway.query("SELECT absent_reads FROM effects") == [{"absent_reads": 0}]

    gateway.query("UPDATE attempts SET ended_at = now() - interval '1 hour', dead_at = now() - interval '1 hour'")
    assert [look_at(gateway, process, task) for _ in range(2)] == ["unknown", "pending"]
