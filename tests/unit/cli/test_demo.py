"""When does the demo count as done?"""

from __future__ import annotations

import httpx
import pytest

from cli import demo
from cli.demo import Job, count, follow, make_jobs, tell_outcome
from shared.errors import ActionRequired, NotConfigured, Transient

RESULT = {"external_id": "1", "external_url": "http://x", "proof": "/api/proofs/1"}


def sandbox(**answers: list[dict[str, str]]) -> httpx.Client:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=answers[request.url.path.rpartition("/")[2]])

    return httpx.Client(base_url="http://sandbox", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("task", "found", "proven"),
    [
        ({"status": "completed", "result": RESULT}, 1, True),
        ({"status": "completed", "result": RESULT}, 2, False),
        ({"status": "completed", "result": RESULT}, 0, False),
        ({"status": "completed", "result": RESULT | {"proof": None}}, 1, False),
        ({"status": "completed", "result": None}, 1, False),
        ({"status": "unknown", "result": RESULT}, 1, False),
    ],
)
def test_only_what_is_completed_with_proof_and_there_once_is_proven(task, found, proven):
    assert Job({"type": "dm", "platform": "tiktok"}, task=task, found=found).is_proven is proven


def test_each_thing_is_counted_on_its_own_platform():
    posts = [{"id": "P", "url": "http://x/p/P/", "author": "a", "text": "t"}]
    with sandbox(posts=posts, people=[{"handle": "demo"}, {"handle": "maple"}]) as http:
        jobs = make_jobs(http, "marker")
    comment, message = jobs
    assert comment.body["payload"]["post_url"] == "http://x/p/P/"
    assert message.body["payload"]["to"] == "maple"
    effects = [{"platform": "instagram", "kind": "comment", "text": comment.body["payload"]["text"]}] * 2
    with sandbox(effects=effects) as http:
        count(http, jobs, "marker")
    assert (comment.found, message.found) == (2, 0)


def test_empty_practice_sites_are_said_and_not_worked_around():
    with sandbox(posts=[], people=[]) as http, pytest.raises(NotConfigured):
        make_jobs(http, "marker")


def test_practice_sites_that_do_not_answer_are_one_clear_line():
    with httpx.Client(base_url="http://127.0.0.1:1") as http, pytest.raises(Transient) as caught:
        make_jobs(http, "marker")
    assert "callsheet up" in caught.value.message


class Pending:
    """A gateway whose task stays as it is, and counts how often it was asked."""

    def __init__(self, *gates: str) -> None:
        self.task = {
            "id": "1",
            "status": "pending",
            "waiting_for": [{"gate": gate, "reason": f"{gate} closed", "until": None} for gate in gates],
        }
        self.asked = 0

    def get(self, path: str) -> dict:
        self.asked += 1
        return self.task


def held_job(*gates: str) -> tuple[Job, Pending]:
    gateway = Pending(*gates)
    return Job({"type": "dm", "platform": "tiktok"}, task=gateway.task, states=["pending"]), gateway


def test_what_a_limit_of_the_home_holds_is_told_and_not_waited_out(monkeypatch):
    monkeypatch.setattr(demo, "HELD_S", 0.0)
    job, gateway = held_job("budgets")
    follow(gateway, [job])

    assert gateway.asked < 10
    with pytest.raises(ActionRequired) as caught:
        tell_outcome([job])
    assert (caught.value.code, "dm on tiktok waits (budgets: budgets closed)" in caught.value.message) == (
        "demo_waits",
        True,
    )
    assert "exactly once" not in caught.value.message


def test_a_worker_that_is_still_coming_is_waited_for(monkeypatch):
    monkeypatch.setattr(demo, "HELD_S", 0.0)
    monkeypatch.setattr(demo, "PATIENCE_S", 0.5)
    job, gateway = held_job("lane")
    follow(gateway, [job])

    assert job.waits == ""
    with pytest.raises(ActionRequired) as caught:
        tell_outcome([job])
    assert caught.value.code == "demo_failed"


def test_what_failed_is_told_as_failed():
    done = Job({"type": "dm", "platform": "tiktok"}, task={"status": "completed", "result": RESULT}, found=1)
    tell_outcome([done])
    with pytest.raises(ActionRequired) as caught:
        tell_outcome([done, Job({"type": "dm", "platform": "x"}, task={"status": "failed"}, found=0)])
    assert caught.value.code == "demo_failed"
