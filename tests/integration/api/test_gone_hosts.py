"""Do accounts go on after somebody has said that their host is gone for good?"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gateway import Gateway, comment
from tests.support.hosts import offer
from tests.support.ledger import add_effect


@pytest.fixture
def stranded(gateway: Gateway) -> dict[str, Any]:
    """A comment of unknown outcome, whose attempt was lost in a browser of the host `local`."""
    task = gateway.submit(comment(gateway.settings))
    with gateway.owner() as connection:
        add_effect(connection, task["id"], "unknown")
    gateway.query("UPDATE attempts SET transport = 'chromium', lane = 'chromium.local.instagram'")
    for status in ("queued", "running", "unknown"):
        gateway.query("UPDATE tasks SET status = %(s)s, released_at = now(), verify_at = now()", s=status)
    gateway.query("UPDATE hosts SET keeper_seen_at = now() - interval '1 hour' WHERE name = 'local'")
    return task


def say_gone(gateway: Gateway) -> Any:
    [host] = [one for one in gateway.http.get("/api/hosts").json()["items"] if one["name"] == "local"]
    return gateway.post(f"/api/hosts/{host['id']}/gone", {"note": "It burnt."})


def held_by(gateway: Gateway, task: str) -> str:
    gates = gateway.http.get(f"/api/scheduler/task/{task}/explain").json()["gates"]
    return next(gate["reason"] for gate in gates if gate["gate"] == "connection")


def test_a_host_that_was_just_heard_of_is_not_gone(gateway: Gateway, stranded):
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    answer = say_gone(gateway)
    assert (answer.status_code, answer.json()["code"]) == (409, "host_alive")
    assert gateway.query("SELECT dead_at FROM attempts") == [{"dead_at": None}]


def test_what_was_lost_on_a_gone_host_is_dead_and_its_account_goes_on_elsewhere(gateway: Gateway, stranded):
    waiting = gateway.submit(comment(gateway.settings, text="waits"))["id"]
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    assert "is not yet known to be dead" in held_by(gateway, waiting)
    gateway.query("UPDATE hosts SET keeper_seen_at = now() - interval '1 hour'")

    said = say_gone(gateway).json()

    assert (said["state"], said["gone_at"] is not None) == ("gone", True)
    assert gateway.query("SELECT dead_at IS NOT NULL AS dead FROM attempts") == [{"dead": True}]
    audited = gateway.http.get("/api/audit").json()["items"]
    assert any(one["action"].startswith("hosts.") and one["actor"] for one in audited)

    offer(gateway.http, "other")
    mine = "SELECT persona_id::text AS id FROM accounts WHERE platform = 'instagram' AND handle = 'demo'"
    persona = gateway.query(mine)[0]["id"]
    again = {"platform": "instagram", "handle": "demo", "persona": persona, "transport": "chromium", "practice": True}
    gateway.post("/api/accounts", {**again, "host": "other"}).raise_for_status()
    lanes = {str(row["id"]): row["lane"] for row in gateway.query("SELECT id, lane FROM tasks WHERE type = 'comment'")}
    assert lanes == {stranded["id"]: "chromium.other.instagram", waiting: "chromium.other.instagram"}
    assert "known to be dead" not in held_by(gateway, waiting)


def test_an_attempt_that_is_still_open_keeps_its_host_from_being_gone(gateway: Gateway, stranded):
    gateway.query("UPDATE attempts SET ended_at = NULL, outcome = NULL, lease_until = now() + interval '30 seconds'")
    answer = say_gone(gateway)
    assert (answer.status_code, answer.json()["code"]) == (409, "attempt_open")
