"""Is what goes out what was approved? Texts that refer to results that nobody knows yet, other accounts, other times."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.contract.action import Receipt
from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.worker import work_on, worker
from workers.attempts.process import WorkerProcess
from workers.dispatcher import Loop

pytestmark = pytest.mark.timeout(60)

LATER = datetime(2035, 5, 1, 12, tzinfo=UTC)
RULES = "/api/approvals/rules"


@pytest.fixture
def sent(calling: Calling, monkeypatch) -> list[str]:
    """The texts of all calls."""
    texts: list[str] = []

    async def commit(session: Any, request: Any, *_: Any) -> Receipt:
        texts.append(request.text)
        return Receipt(f"c{len(texts)}", "https://example.test/c", request.text)

    monkeypatch.setattr(calling, "commit", commit)
    return texts


@pytest.fixture
def process(gateway: Gateway) -> Iterator[WorkerProcess]:
    with worker(gateway) as one:
        one.sessions["chromium"] = Warm()
        yield one


def path(task: dict[str, Any], what: str = "") -> str:
    return f"/api/scheduler/task/{task['id']}{what}"


def shown(gateway: Gateway, task: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = gateway.http.get(path(task)).json()
    return found


def asked(gateway: Gateway) -> list[str]:
    """The tasks in somebody's approvals."""
    return [item["task_id"] for item in gateway.http.get("/api/approvals").json()["items"]]


def reference(task: dict[str, Any], field: str) -> str:
    return f"{{{{ tasks.{task['id']}.result.{field} }}}}"


def about(gateway: Gateway, other: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A comment by AI that says what came of another task."""
    words = f"Seen: {reference(other, 'external_url')}"
    return gateway.submit(comment(gateway.settings, text=words) | {"dependencies": [other["id"]], "author": "ai"} | changes)


def fill_in(gateway: Gateway) -> None:
    """What a leading dispatcher does in each tick."""

    async def once() -> None:
        loop = Loop(gateway.settings, app=None)
        assert await loop._lead()
        await loop._fill_in()
        await loop.close()

    asyncio.run(once())


def complete(gateway: Gateway, process: WorkerProcess, task: dict[str, Any], url: str) -> None:
    assert work_on(gateway, process, task["id"]) == "completed"
    gateway.query(
        "UPDATE tasks SET result = result || jsonb_build_object('external_url', CAST(%(url)s AS text)) WHERE id = %(id)s",
        url=url,
        id=task["id"],
    )
    gateway.query("UPDATE tasks SET wake_key = NULL, parked_at = NULL")


def test_a_text_is_approved_once_it_is_known_and_goes_out_as_it_was_seen(gateway: Gateway, process, sent):
    first = gateway.submit(comment(gateway.settings))
    second = about(gateway, first)
    assert second["status"] == "pending"
    assert [one["gate"] for one in second["waiting_for"] if one["gate"] in {"approval", "dependencies"}] == ["dependencies"]
    assert asked(gateway) == []
    refused = gateway.post(path(second, "/approve"), {"payload_hash": second["payload_hash"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_awaiting_approval")
    fill_in(gateway)
    assert asked(gateway) == []

    # What a page or a model said; it is text, and is not read again.
    complete(gateway, process, first, reference(first, "proof"))
    fill_in(gateway)
    now = shown(gateway, second)
    assert (now["status"], asked(gateway)) == ("awaiting_approval", [second["id"]])
    assert now["payload"]["text"] == f"Seen: {reference(first, 'proof')}"
    assert now["payload_hash"] != second["payload_hash"]
    events = [event["type"] for event in gateway.http.get(path(second, "/events")).json()["items"]]
    assert events == ["task.pending", "approval.requested", "task.awaiting_approval"]

    gateway.post(path(second, "/approve"), {"payload_hash": now["payload_hash"]}).raise_for_status()
    assert work_on(gateway, process, second["id"]) == "completed"
    assert sent[-1] == now["payload"]["text"]


def test_what_is_approved_late_keeps_its_time(gateway: Gateway, process, sent):
    first = gateway.submit(comment(gateway.settings))
    second = about(gateway, first, scheduled_for=LATER.isoformat())
    assert (second["status"], second["not_before"]) == ("pending", None)
    moved = gateway.http.patch(path(second), json={"scheduled_for": (LATER + timedelta(days=1)).isoformat()}).json()
    assert (moved["status"], moved["not_before"]) == ("pending", None)
    complete(gateway, process, first, "https://example.test/1")
    fill_in(gateway)
    now = shown(gateway, second)

    approved = gateway.post(path(second, "/approve"), {"payload_hash": now["payload_hash"]}).json()

    assert approved["status"] == "scheduled"
    assert approved["not_before"] == approved["scheduled_for"] == moved["scheduled_for"]


def test_a_rule_approves_the_text_as_it_came_to_be(gateway: Gateway, process, sent):
    rule = {"name": "robots", "approval": "auto", "author": "ai"}
    gateway.http.put(RULES, json={"rules": [rule]}).raise_for_status()
    first = gateway.submit(comment(gateway.settings))
    second = about(gateway, first)
    complete(gateway, process, first, "https://example.test/1")
    fill_in(gateway)
    assert (shown(gateway, second)["status"], asked(gateway)) == ("pending", [])
    assert work_on(gateway, process, second["id"]) == "completed"
    assert sent[-1] == "Seen: https://example.test/1"


def test_a_text_that_cannot_be_filled_in_fails_before_anybody_is_asked(gateway: Gateway, process, sent):
    first = gateway.submit(comment(gateway.settings))
    words = reference(first, "proof.url")
    second = gateway.submit(comment(gateway.settings, text=words) | {"dependencies": [first["id"]], "author": "ai"})
    complete(gateway, process, first, "https://example.test/1")
    fill_in(gateway)
    now = shown(gateway, second)
    assert (now["status"], now["error"]["code"], asked(gateway)) == ("failed", "reference_missing", [])


def test_an_edit_that_refers_again_waits_again_and_an_approver_writes_words(gateway: Gateway, process, sent):
    first = gateway.submit(comment(gateway.settings))
    second = about(gateway, first)
    complete(gateway, process, first, "https://example.test/1")
    fill_in(gateway)
    words = comment(gateway.settings, text=reference(first, "external_id"))["payload"]
    seen = {"payload_hash": shown(gateway, second)["payload_hash"]}
    answer = gateway.post(path(second, "/approve"), seen | {"payload": words})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "payload")

    edited = gateway.http.patch(path(second), json={"payload": words}).json()
    assert (edited["status"], asked(gateway)) == ("pending", [])
    fill_in(gateway)
    assert shown(gateway, second)["payload"]["text"] == "c1"
    assert asked(gateway) == [second["id"]]


def test_another_time_needs_another_approval_unless_the_rule_says_otherwise(gateway: Gateway):
    for covers_time in (True, False):
        rule = {"name": "all", "approval": "each", "covers_time": covers_time}
        assert gateway.http.put(RULES, json={"rules": [rule]}).json()["rules"][0]["covers_time"] is covers_time
        task = gateway.submit(comment(gateway.settings, text=f"{covers_time}"), scheduled_for=LATER.isoformat())
        gateway.post(path(task, "/approve"), {"payload_hash": task["payload_hash"]}).raise_for_status()
        assert asked(gateway) == []

        moved = gateway.http.patch(path(task), json={"scheduled_for": (LATER + timedelta(hours=1)).isoformat()}).json()

        assert (asked(gateway) == [task["id"]]) is covers_time
        assert ("approval" in {one["gate"] for one in moved["waiting_for"]}) is covers_time
        if covers_time:
            again = gateway.post(path(task, "/approve"), {"payload_hash": moved["payload_hash"]}).json()
            assert (again["status"], again["not_before"]) == ("scheduled", moved["scheduled_for"])
            assert asked(gateway) == []


@pytest.mark.parametrize(
    "change",
    ["payload_hash = 'another'", "approved_account = gen_random_uuid()", "scheduled_for = now() - interval '1 hour'"],
)
def test_the_intent_compares_payload_account_and_time_with_what_was_approved(gateway: Gateway, process, sent, change):
    task = gateway.submit(comment(gateway.settings) | {"author": "ai"})
    gateway.post(path(task, "/approve"), {"payload_hash": task["payload_hash"]}).raise_for_status()
    gateway.query(f"UPDATE tasks SET {change}")  # by a hand that asked nobody
    assert work_on(gateway, process, task["id"]) == "pending"
    assert sent == []
    assert "approval" in shown(gateway, task)["error"]["message"]
