"""What does a look at an unknown outcome conclude, against a real ledger?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.contract.action import Receipt
from connectors.contract.manifest import Manifest
from connectors.registry import MANIFESTS
from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.worker import look_at, work_on, worker
from workers.attempts.process import WorkerProcess


class Lost(Calling):
    """A call whose answer never comes. What the platform shows afterwards is `shows`."""

    shows: Receipt | None = None
    known: frozenset[str] = frozenset()

    async def commit(self, session, request, baseline, deadline):
        self.calls += 1
        raise ConnectionResetError

    async def verify(self, session, request, baseline, known):
        self.known = known
        return self.shows


@pytest.fixture
def action(monkeypatch, gateway: Gateway) -> Lost:
    lost = Lost()
    monkeypatch.setattr("workers.attempts.outward_step.load_action", lambda *_: lost)
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


def dm(text: str, to: str) -> dict[str, object]:
    return {"type": "dm", "platform": "instagram", "account": "demo", "payload": {"to": to, "text": text}}


@pytest.mark.parametrize("outcome", ["confirmed", "refused"])
def test_ids_of_all_other_effects_of_the_account_are_known_on_whatever_target(
    gateway: Gateway, action: Lost, process: WorkerProcess, outcome: str
):
    first, second = (gateway.submit(dm("Hello there.", to))["id"] for to in ("@mira", "@noor"))
    assert [work_on(gateway, process, task) for task in (first, second)] == ["unknown", "unknown"]
    gateway.query("UPDATE effects SET outcome = %(o)s, external_id = 'm1', settled_at = now() WHERE task_id = %(t)s",
                  o=outcome, t=first)  # fmt: skip

    look_at(gateway, process, second)
    assert action.known == {"m1"}


def lost_twice(gateway: Gateway, process: WorkerProcess, *targets: str) -> list[str]:
    tasks = [gateway.submit(dm("Hello there.", target))["id"] for target in targets]
    assert [work_on(gateway, process, task) for task in tasks] == ["unknown"] * len(tasks)
    return tasks


def test_a_row_that_another_open_effect_may_have_made_is_nobodys_until_a_person_says_so(
    gateway: Gateway, action: Lost, process: WorkerProcess
):
    first, second = lost_twice(gateway, process, "@mira", "@noor")
    gateway.query("UPDATE effects SET target = '@Mira' WHERE task_id = %(t)s", t=second)  # the same person, in other letters
    action.shows = Receipt("m1", "https://site.example/m1", "Hello there.")

    assert [look_at(gateway, process, task) for task in (first, second)] == ["unknown", "unknown"]
    assert gateway.query("SELECT DISTINCT outcome, external_id FROM effects") == [
        {"outcome": "unknown", "external_id": None}
    ]
    [task] = gateway.query("SELECT verify_at, error FROM tasks WHERE id = %(t)s", t=first)
    assert task["verify_at"] is None
    assert "another with the same text" in task["error"]["message"]


def test_a_row_in_the_thread_with_one_person_is_not_the_message_to_another(
    gateway: Gateway, action: Lost, process: WorkerProcess
):
    first, _ = lost_twice(gateway, process, "@mira", "@noor")
    action.shows = Receipt("m1", "https://site.example/m1", "Hello there.")

    assert look_at(gateway, process, first) == "completed"


def test_where_pages_do_not_show_the_target_the_same_text_waits_for_the_lost_one(
    gateway: Gateway, action: Lost, process: WorkerProcess, monkeypatch
):
    hidden = replace(MANIFESTS["instagram"].capability("dm", "chromium"), shows_target=False)
    monkeypatch.setattr(Manifest, "capability", lambda *_: hidden)
    first, second = (gateway.submit(dm("Hello there.", to))["id"] for to in ("@mira", "@noor"))

    assert work_on(gateway, process, first) == "unknown"
    assert work_on(gateway, process, second) == "pending"
    assert gateway.query("SELECT split_part(wake_key, ':', 1) AS waits FROM tasks WHERE id = %(t)s", t=second) == [
        {"waits": "effect"}
    ]
    assert action.calls == 1
    gateway.query("UPDATE effects SET outcome = 'absent', settled_at = now()")
    gateway.query("UPDATE tasks SET wake_key = NULL, parked_at = NULL")
    assert work_on(gateway, process, second) == "unknown"
    assert action.calls == 2


def test_where_pages_do_not_show_the_target_what_is_found_may_be_another_open_effects(
    gateway: Gateway, action: Lost, process: WorkerProcess, monkeypatch
):
    first, _ = lost_twice(gateway, process, "@mira", "@noor")
    hidden = replace(MANIFESTS["instagram"].capability("dm", "chromium"), shows_target=False)
    monkeypatch.setattr(Manifest, "capability", lambda *_: hidden)
    action.shows = Receipt("m1", "https://site.example/m1", "Hello there.")

    assert look_at(gateway, process, first) == "unknown"
    assert gateway.query("SELECT DISTINCT outcome FROM effects") == [{"outcome": "unknown"}]


def test_what_is_found_and_belongs_to_another_effect_by_then_is_left_to_a_person(
    gateway: Gateway, action: Lost, process: WorkerProcess
):
    first, second = lost_twice(gateway, process, "@mira", "@noor")
    action.shows = Receipt("m1", "https://site.example/m1", "Hello there.")

    assert look_at(gateway, process, first) == "completed"
    assert look_at(gateway, process, second) == "unknown"  # as if it had been found before that was known
    [task] = gateway.query("SELECT verify_at, error FROM tasks WHERE id = %(t)s", t=second)
    assert task["verify_at"] is None
    assert "m1, which belongs to another action" in task["error"]["message"]
    assert gateway.query("SELECT 1 FROM task_events WHERE type = 'effect.alarm'") == []
