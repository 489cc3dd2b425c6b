"""What does the ledger make of the outcome of a call?"""

from __future__ import annotations

import pytest

from connectors.contract.action import Receipt
from connectors.contract.session import HostBrowser, LocalBrowser
from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.worker import work_on, worker


@pytest.fixture
def process(gateway: Gateway):
    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        yield process


def test_an_id_that_another_effect_holds_leaves_the_outcome_open_for_a_person(
    gateway: Gateway, calling: Calling, process, monkeypatch
):
    async def commit(session, request, baseline, deadline):
        return Receipt("thread-7", "https://example.test/7", request.text)

    monkeypatch.setattr(calling, "commit", commit)
    first, second = (gateway.submit(comment(gateway.settings, text=text))["id"] for text in ("one", "two"))

    assert [work_on(gateway, process, task) for task in (first, second)] == ["completed", "unknown"]
    [row] = gateway.query("SELECT outcome, external_id FROM effects WHERE task_id = %(t)s", t=second)
    assert row == {"outcome": "unknown", "external_id": None}
    [task] = gateway.query("SELECT cancel_requested, verify_at, error FROM tasks WHERE id = %(t)s", t=second)
    assert (task["cancel_requested"], task["verify_at"], task["error"]["code"]) == (False, None, "id_taken")
    assert "thread-7" in task["error"]["message"]
    assert gateway.query("SELECT 1 FROM task_events WHERE type = 'effect.alarm'") == []


def test_evidence_of_a_step_that_was_begun_again_raises_an_alarm(gateway: Gateway, calling: Calling, process):
    task = gateway.submit(comment(gateway.settings))["id"]
    again = {}

    def meanwhile():
        # It was concluded to be absent, and its step was begun again.
        gateway.query("UPDATE effects SET outcome = 'absent', settled_at = now()")
        gateway.query(
            "INSERT INTO effects SELECT (jsonb_populate_record(e, %(more)s)).* FROM effects e",
            more='{"id": "01a22a6d-0000-7000-8000-000000000001", "outcome": "intended", "settled_at": null}',
        )
        again["done"] = True

    calling.during = meanwhile
    work_on(gateway, process, task)

    assert again == {"done": True}
    assert len(gateway.query("SELECT 1 FROM task_events WHERE type = 'effect.alarm'")) == 1
    assert gateway.query("SELECT cancel_requested FROM tasks WHERE id = %(t)s", t=task) == [{"cancel_requested": True}]


@pytest.mark.parametrize(
    ("acts_in", "noted"),
    [
        (LocalBrowser(4711, "boot/1"), (4711, "boot/1", None, None)),
        (HostBrowser("studio-mac", 7), (None, None, "studio-mac", 7)),
        (None, (None, None, None, None)),
    ],
)
def test_an_attempt_names_the_browser_in_which_its_session_says_that_it_acts(
    gateway: Gateway, calling: Calling, process, acts_in, noted
):
    process.sessions["chromium"].browser_of = lambda _account: acts_in
    work_on(gateway, process, gateway.submit(comment(gateway.settings))["id"])
    [row] = gateway.query("SELECT browser_pid, browser_identity, browser_host, browser_token FROM attempts")
    assert tuple(row.values()) == noted
