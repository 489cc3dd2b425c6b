"""How does a test put PostgreSQL back to an earlier state? By taking out of it what it is to have lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from connectors.contract.action import Receipt
from connectors.contract.manifest import Manifest
from connectors.registry import MANIFESTS
from tests.support.acting import Calling
from tests.support.gateway import Gateway

LANE = "chromium.local.instagram"


class Seen(Calling):
    """A platform that can be read; `shows` is what stands there."""

    shows: Receipt | None = None

    async def verify(self, session, request, baseline, known):
        return None if self.shows is None or self.shows.external_id in known else self.shows


def verified_as(monkeypatch, word: str) -> None:
    capability = MANIFESTS["instagram"].capability("comment", "chromium")
    assert capability is not None
    monkeypatch.setattr(Manifest, "capability", lambda *_: replace(capability, verification=word, visibility_s=0))


def fail_over(gateway: Gateway, *lost: str) -> None:
    """Put the database back to before the last notes, without what these statements take out of it."""
    for statement in lost:
        gateway.query(statement)
    gateway.query("UPDATE database_notes SET number = number - 1, token = gen_random_uuid()")


def lose_what_was_done(gateway: Gateway, task: str) -> None:
    """The task is as it was before its release, and nothing is known of what it did."""
    with gateway.owner() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM effects")
        connection.execute("DELETE FROM attempts")
        connection.execute("UPDATE tasks SET status = 'pending', finished_at = NULL, result = NULL, acted = false")
    fail_over(gateway)
    assert state(gateway, task) == "pending"


def state(gateway: Gateway, task: str) -> str:
    status: str = gateway.http.get(f"/api/scheduler/task/{task}").json()["status"]
    return status


def closed(gateway: Gateway, task: str) -> dict[str, str]:
    gates = gateway.http.get(f"/api/scheduler/task/{task}/explain").json()["gates"]
    return {gate["gate"]: gate["reason"] for gate in gates if not gate["open"]}


def over(gateway: Gateway) -> None:
    """The calls that may have been made are over, and whatever they did can be seen."""
    gateway.query("UPDATE effects SET call_deadline = now() - interval '1 hour'")
    gateway.query("UPDATE attempts SET ended_at = now() - interval '1 hour'")


def resume(gateway: Gateway) -> None:
    gateway.post("/api/scheduler/resume", {"scope": "all"}).raise_for_status()


def in_a_thread(what: Any) -> Any:
    """Call it beside the event loop at hand."""

    def call() -> None:
        thread = threading.Thread(target=what)
        thread.start()
        thread.join()

    return call
