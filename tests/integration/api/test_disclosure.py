"""Does what AI wrote for a persona end with its disclosure, measured and approved with it?"""

from __future__ import annotations

from typing import Any

import pytest

from shared.task_types.payload.canonical import payload_hash
from tests.support.gateway import Gateway, comment

WORDS = "(written by AI)"
CLOSED = f"Lovely boats.\n{WORDS}"


@pytest.fixture
def house(gateway: Gateway) -> Gateway:
    """A gateway whose persona says of itself that AI writes."""
    [persona] = gateway.query("SELECT id FROM personas")
    gateway.http.patch(f"/api/personas/{persona['id']}", json={"disclosure": WORDS}).raise_for_status()
    return gateway


def ordered(house: Gateway, text: str = "Lovely boats.", **more: Any) -> dict[str, Any]:
    return house.submit(comment(house.settings, text=text), **more)


def test_a_text_of_ai_ends_with_the_disclosure_of_its_persona(house: Gateway):
    task = ordered(house, author="ai")
    assert task["payload"]["text"] == CLOSED
    assert task["payload_hash"] == payload_hash(task["payload"])
    assert ordered(house, f"Lovely boats. {WORDS}", author="ai")["payload"]["text"] == f"Lovely boats. {WORDS}"


def test_what_a_person_wrote_is_left_as_it_is(house: Gateway):
    assert ordered(house)["payload"]["text"] == "Lovely boats."
    assert ordered(house, author="template")["payload"]["text"] == "Lovely boats."


def test_whoever_changes_what_ai_wrote_cannot_take_the_disclosure_away(house: Gateway):
    task = ordered(house, author="ai", scheduled_for="2040-01-01T00:00:00Z")
    payload = task["payload"] | {"text": "Lovely old boats."}
    changed = house.http.patch(f"/api/scheduler/task/{task['id']}", json={"payload": payload}).json()
    assert changed["payload"]["text"] == f"Lovely old boats.\n{WORDS}"


def test_an_edit_at_the_approval_is_closed_too(house: Gateway):
    task = ordered(house, author="ai", scheduled_for="2040-01-01T00:00:00Z")
    house.query("UPDATE tasks SET approval_required = true, status = 'awaiting_approval'")
    word = {"payload_hash": task["payload_hash"], "payload": task["payload"] | {"text": "Old boats."}}
    approved = house.post(f"/api/scheduler/task/{task['id']}/approve", word)
    assert approved.status_code == 200, approved.text
    [stored] = house.query("SELECT payload, payload_hash, approved_hash FROM tasks")
    assert stored["payload"]["text"] == f"Old boats.\n{WORDS}"
    assert stored["approved_hash"] == stored["payload_hash"] == payload_hash(stored["payload"])


def test_the_disclosure_is_measured_with_the_text(house: Gateway):
    longest = "x" * 2_200
    refused = house.post("/api/scheduler/task", comment(house.settings, text=longest) | {"author": "ai"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "payload.text")
    assert ordered(house, longest)["payload"]["text"] == longest


def test_without_a_disclosure_nothing_is_added(gateway: Gateway):
    assert ordered(gateway, author="ai")["payload"]["text"] == "Lovely boats."
