"""Is a call whose outcome nobody knows made again under its key while the platform knows that, and looked for afterwards?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from connectors.contract.action import Receipt
from connectors.registry import MANIFESTS
from shared.errors import ContentRejected, RateLimited
from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.worker import look_at, work_on, worker
from workers.attempts.process import WorkerProcess

TROUBLE: dict[str, BaseException] = {
    "killed": asyncio.CancelledError(),  # nobody records anything of its attempt any more
    "lost": ConnectionResetError(),
    "refused": ContentRejected(code="key_reused", message="This key was used for something else."),
    "rate_limited": RateLimited(message="Not now."),
}


class KeyedPlatform(Calling):
    """A platform that makes nothing twice under one key. `trouble` is what happens to the next calls, after they arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: dict[str, str] = {}
        self.keys: list[str] = []
        self.trouble: list[str] = []
        self.reads = 0

    async def commit(self, session: Any, request: Any, baseline: Any, deadline: Any) -> Receipt:
        self.keys.append(request.key)
        self.posts.setdefault(request.key, request.text)
        if self.trouble:
            raise TROUBLE[self.trouble.pop(0)]
        return self.receipt(request)

    async def verify(self, session: Any, request: Any, baseline: Any, known: Any) -> Receipt | None:
        self.reads += 1
        return self.receipt(request) if request.key in self.posts else None

    def receipt(self, request: Any) -> Receipt:
        return Receipt(f"post-{request.key}", "https://example.test/post", self.posts[request.key])


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> KeyedPlatform:
    keyed = KeyedPlatform()
    manifest = MANIFESTS["instagram"]
    more: dict[str, Any] = {"verification": "keyed", "key_form": "uuid", "key_lasts_s": 3600}
    can = tuple(replace(one, **more) if one.name == "comment" else one for one in manifest.capabilities)
    monkeypatch.setitem(MANIFESTS, "instagram", replace(manifest, capabilities=can))
    monkeypatch.setattr("workers.attempts.outward_step.load_action", lambda *_: keyed)
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    return keyed


@pytest.fixture
def process(gateway: Gateway) -> Iterator[WorkerProcess]:
    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        yield process


def order(gateway: Gateway) -> str:
    return str(gateway.submit(comment(gateway.settings))["id"])


def effect(gateway: Gateway) -> dict[str, Any]:
    [found] = gateway.query("SELECT outcome, key, external_id, called_again FROM effects")
    return found


def lose(gateway: Gateway) -> None:
    """What is recorded of an attempt whose process was found dead."""
    gateway.query("UPDATE attempts SET outcome = 'lost', ended_at = now(), dead_at = now() WHERE ended_at IS NULL")
    gateway.query("UPDATE tasks SET status = 'unknown', verify_at = now() WHERE status = 'running'")


def test_the_key_is_made_once_in_the_platforms_form_and_stands_in_the_intent(
    gateway: Gateway, platform: KeyedPlatform, process: WorkerProcess
):
    assert work_on(gateway, process, order(gateway)) == "completed"
    assert platform.keys == [effect(gateway)["key"]]
    assert str(UUID(platform.keys[0], version=4)) == platform.keys[0]


def test_what_was_killed_after_its_call_is_sent_again_at_once_under_the_same_key_and_stands_there_once(
    gateway: Gateway, platform: KeyedPlatform, process: WorkerProcess
):
    platform.trouble = ["killed"]
    task = order(gateway)
    assert work_on(gateway, process, task) == "running"
    assert effect(gateway)["outcome"] == "intended"
    lose(gateway)

    assert look_at(gateway, process, task) == "completed"
    assert (len(platform.posts), platform.reads) == (1, 0)
    assert len(platform.keys) == 2
    assert len(set(platform.keys)) == 1
    found = effect(gateway)
    assert (found["outcome"], found["external_id"], len(found["called_again"])) == (
        "confirmed",
        f"post-{platform.keys[0]}",
        1,
    )


def test_an_answer_that_was_lost_twice_is_asked_for_until_it_comes(
    gateway: Gateway, platform: KeyedPlatform, process: WorkerProcess
):
    platform.trouble = ["lost", "lost", "rate_limited"]
    task = order(gateway)
    assert work_on(gateway, process, task) == "unknown"
    assert [look_at(gateway, process, task) for _ in range(3)] == ["unknown", "unknown", "completed"]
    assert (len(platform.posts), len(platform.keys), platform.reads) == (1, 4, 0)


def test_once_the_key_has_ended_it_is_looked_for_and_not_sent_again(
    gateway: Gateway, platform: KeyedPlatform, process: WorkerProcess
):
    platform.trouble = ["lost"]
    task = order(gateway)
    assert work_on(gateway, process, task) == "unknown"
    gateway.query("UPDATE effects SET intended_at = now() - interval '59 minutes 59 seconds'")  # less than a call is left

    assert look_at(gateway, process, task) == "completed"
    assert (len(platform.keys), platform.reads) == (1, 1)


def test_a_repetition_that_is_refused_says_nothing_of_the_first_call_which_is_looked_for(
    gateway: Gateway, platform: KeyedPlatform, process: WorkerProcess
):
    platform.trouble = ["lost", "refused"]
    task = order(gateway)
    assert work_on(gateway, process, task) == "unknown"
    assert look_at(gateway, process, task) == "completed"
    assert (len(platform.posts), platform.reads, effect(gateway)["outcome"]) == (1, 1, "confirmed")


@pytest.mark.parametrize("what", ["kill switch", "cancel", "do not contact"])
def test_whatever_speaks_against_a_call_now_speaks_against_its_repetition_and_it_is_looked_for(
    gateway: Gateway, platform: KeyedPlatform, process: WorkerProcess, what: str
):
    platform.trouble = ["lost"]
    task = order(gateway)
    assert work_on(gateway, process, task) == "unknown"
    match what:
        case "kill switch":
            gateway.post("/api/system/kill-switch", {"on": True}).raise_for_status()
        case "cancel":
            gateway.query("UPDATE tasks SET cancel_requested = true")  # asked for while its attempt was running
        case _:
            owner_of_the_post = {"name": "@instagram"}  # by its address on the practice site
            gateway.post("/api/do-not-contact", owner_of_the_post).raise_for_status()

    look_at(gateway, process, task)
    assert (len(platform.keys), platform.reads, effect(gateway)["outcome"]) == (1, 1, "confirmed")


def test_a_later_attempt_reads_the_key_from_the_first_intent(
    gateway: Gateway, platform: KeyedPlatform, process: WorkerProcess
):
    platform.trouble = ["lost"]
    task = order(gateway)
    work_on(gateway, process, task)
    gateway.query("UPDATE effects SET outcome = 'absent', settled_at = now(), key = 'as-it-was'")
    gateway.query("UPDATE attempts SET ended_at = now(), outcome = 'failed' WHERE ended_at IS NULL")
    gateway.query("UPDATE tasks SET status = 'pending', verify_at = NULL")
    assert work_on(gateway, process, task) == "completed"
    assert platform.keys[1] == "as-it-was"
    keys = gateway.query("SELECT key FROM effects ORDER BY id")
    assert [row["key"] for row in keys] == ["as-it-was"] * 2


def test_an_intent_of_a_release_that_wrote_no_key_is_looked_for_under_the_key_that_it_had(
    gateway: Gateway, platform: KeyedPlatform, process: WorkerProcess, monkeypatch: pytest.MonkeyPatch
):
    manifest = MANIFESTS["instagram"]
    can = tuple(replace(one, key_form="hash") for one in manifest.capabilities)
    monkeypatch.setitem(MANIFESTS, "instagram", replace(manifest, capabilities=can))
    platform.trouble = ["lost"]
    task = order(gateway)
    work_on(gateway, process, task)
    gateway.query("UPDATE effects SET key = NULL, content = NULL")
    assert look_at(gateway, process, task) == "completed"
    assert len(set(platform.keys)) == 1


def test_while_an_effect_is_open_the_payload_cannot_change(
    gateway: Gateway, platform: KeyedPlatform, process: WorkerProcess
):
    platform.trouble = ["lost"]
    task = order(gateway)
    assert work_on(gateway, process, task) == "unknown"
    path = f"/api/scheduler/task/{task}"
    payload = comment(gateway.settings, text="Other words.")["payload"]
    answer = gateway.http.patch(path, json={"payload": payload})
    assert (answer.status_code, answer.json()["code"]) == (409, "effect_open")
    # Also where the task waits before its release, whatever led there.
    gateway.query("ALTER TABLE tasks DISABLE TRIGGER guard_task_status")
    gateway.query("UPDATE tasks SET status = 'pending'")
    gateway.query("ALTER TABLE tasks ENABLE TRIGGER guard_task_status")
    assert gateway.http.patch(path, json={"payload": payload}).json()["code"] == "effect_open"
    assert gateway.http.patch(path, json={"priority": 1}).status_code == 200
