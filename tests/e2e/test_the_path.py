"""Does a task go from HTTP through a real browser and back, once, with proof?"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.stack import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(180)]

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("platform", ["instagram", "tiktok"])
def test_a_comment_is_posted_once_with_id_address_and_proof(whole, platform):
    text = f"a comment on {platform}"

    task = whole.until(whole.comment(text, platform=platform)["id"], "completed")

    assert whole.arrived(text) == 1
    result = task["result"]
    assert result["external_id"] in {effect["id"] for effect in whole.stack.truth()}
    assert result["external_url"].startswith(whole.stack.sandbox_url)
    assert result["proof"]["text"] == text
    assert whole.gateway.http.get(result["proof"]["url"]).content.startswith(PNG)


@pytest.mark.parametrize("platform", ["instagram", "tiktok"])
def test_a_message_is_sent_once_with_proof(whole, platform):
    text = f'a message on {platform}, with "quotes", an umlaut ü and שלום'

    task = whole.until(whole.dm(text, platform=platform)["id"], "completed")

    assert whole.arrived(text) == 1
    assert task["result"]["proof"]["text"] == text


def test_every_change_of_state_is_an_event_in_order(whole):
    task = whole.until(whole.comment("event by event")["id"], "completed")

    events = whole.gateway.http.get(f"/api/scheduler/task/{task['id']}/events").json()["items"]
    assert [event["type"] for event in events] == [
        "task.pending",
        "task.queued",
        "task.running",
        "effect.intended",
        "effect.confirmed",
        "task.completed",
    ]
    assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})


def test_the_ledger_shows_what_was_really_done(whole):
    text = "for the ledger"
    whole.until(whole.dm(text)["id"], "completed")

    effects = whole.gateway.http.get("/api/effects", params={"outcome": "confirmed"}).json()["items"]
    mine = next(effect for effect in effects if effect["text"] == text)
    assert (mine["action"], mine["target"], mine["outcome"]) == ("dm", "maple_studio", "confirmed")
    assert whole.gateway.http.get(mine["proof_url"]).content.startswith(PNG)


def test_the_same_text_twice_on_purpose_is_two_comments(whole):
    first, second = (whole.comment("twice on purpose", post=3) for _ in range(2))

    ids = {whole.until(task["id"], "completed")["result"]["external_id"] for task in (first, second)}

    assert len(ids) == 2
    assert whole.arrived("twice on purpose") == 2


def test_a_task_runs_after_what_it_depends_on_and_fails_with_it(whole):
    lane = {"lane": "system"}
    first = whole.comment("first of two", post=4)
    second = whole.gateway.submit(
        {"type": "probe", "payload": lane, "dependencies": [first["id"]]},
    )
    assert whole.until(second["id"], "completed")["started_at"] > whole.task(first["id"])["finished_at"]

    later = whole.gateway.submit({"type": "probe", "payload": lane, "scheduled_for": "2100-01-01T00:00:00Z"})
    waiting = whole.gateway.submit({"type": "probe", "payload": lane, "dependencies": [later["id"]]})
    assert whole.gateway.http.delete(f"/api/scheduler/task/{later['id']}").is_success
    failed = whole.until(waiting["id"], "failed")
    assert failed["error"]["code"] == "dependency_failed"


def test_actions_keep_the_pause_and_the_budget_that_somebody_set(whole):
    scope = {"scope": "account:instagram/demo"}
    limits = {"rules": [{"action": "comment", "window_s": 3600, "max": 1_000}], "spacing_s": [2, 2]}
    whole.gateway.http.put("/api/limits", params=scope, json=limits).raise_for_status()
    texts = [f"two seconds apart {number}" for number in range(3)]
    for task in [whole.comment(text, post=number) for number, text in enumerate(texts)]:
        whole.until(task["id"], "completed")
    times = sorted(datetime.fromisoformat(effect["at"]) for effect in whole.stack.truth() if effect["text"] in texts)
    assert len(times) == 3
    assert all(later - earlier >= timedelta(seconds=2) for earlier, later in itertools.pairwise(times))

    used = whole.gateway.http.get("/api/limits", params=scope).json()["rules"][0]["used"]
    limits = {"rules": [{"action": "comment", "window_s": 3600, "max": used}]}
    whole.gateway.http.put("/api/limits", params=scope, json=limits).raise_for_status()
    task = whole.comment("behind a full budget", post=4)
    wait_for("the budget holds it", lambda: [w["gate"] for w in whole.task(task["id"])["waiting_for"]] == ["budgets"])
    assert whole.arrived("behind a full budget") == 0
    whole.gateway.http.put("/api/limits", params=scope, json={}).raise_for_status()
    whole.until(task["id"], "completed")
    assert whole.arrived("behind a full budget") == 1


def ordered(whole, kind: str, **payload) -> dict:
    """Hand a reading over, and wait for what it came to."""
    task = whole.gateway.submit({"type": kind, "platform": "tiktok", "account": "demo", "payload": payload})
    return whole.until(task["id"], "completed")["result"]


def test_a_search_answers_posts_and_an_inbox_is_kept_once(whole):
    found = ordered(whole, "discovery", query="this morning", limit=3)
    assert len(found["posts"]) == 3
    assert all(post["url"].startswith(whole.stack.sandbox_url) and post["author"] for post in found["posts"])

    for sender, text in (("maple_studio", "When do you open?"), ("copper_garden", "Stop.")):
        body = {"platform": "tiktok", "kind": "dm", "from": sender, "text": text}
        httpx.post(f"{whole.stack.sandbox_url}/_control/incoming", json=body).raise_for_status()
    seen = {"received": 2, "left_alone": 1, "complete": True, "not_read": ["message requests"]}
    assert ordered(whole, "inbox_sync") == seen
    assert ordered(whole, "inbox_sync")["received"] == 0

    items = whole.gateway.http.get("/api/interactions", params={"kind": "message"}).json()["items"]
    assert sorted((one["author"], one["text"]) for one in items) == [
        ("copper_garden", "Stop."),
        ("maple_studio", "When do you open?"),
    ]
    refused = whole.dm("Hello again.", to="copper_garden")
    assert whole.until(refused["id"], "failed")["error"]["code"] == "do_not_contact"


def test_who_asked_to_be_left_alone_is_heard_also_below_a_later_message_of_ours(whole):
    body = {"platform": "tiktok", "kind": "dm", "from": "velvet_films", "text": "Stop."}
    httpx.post(f"{whole.stack.sandbox_url}/_control/incoming", json=body).raise_for_status()
    whole.until(whole.dm("Not heard in time.", to="velvet_films")["id"], "completed")
    assert ordered(whole, "inbox_sync")["left_alone"] == 1


def test_a_run_finds_posts_and_comments_on_each_once_and_the_next_run_takes_others(whole):
    def run(*texts: str) -> dict:
        payload = {"query": "this morning", "count": 2, "texts": list(texts)}
        order = {"type": "comment_run", "platform": "tiktok", "account": "demo", "payload": payload}
        return whole.until(whole.gateway.submit(order)["id"], "completed", seconds=90)

    first, second = run("Run one, @{author}.", "Run one, second."), run("Run two, @{author}.", "Run two, second.")

    comments = [comment for task in (first, second) for comment in task["result"]["comments"]]
    assert [comment["status"] for comment in comments] == ["completed"] * 4
    assert len({comment["post_url"] for comment in comments}) == 4
    assert [whole.arrived(comment["text"]) for comment in comments] == [1] * 4
    assert second["result"]["skipped"]["already_commented"] >= 2
    assert whole.gateway.http.get(f"/api/runs/{first['run_id']}").json()["status"] == "completed"


def test_messages_wait_for_their_window_and_go_out_when_it_opens(whole):
    now = datetime.now(UTC)
    shut = {"from": f"{now - timedelta(hours=3):%H:%M}", "to": f"{now - timedelta(hours=2):%H:%M}", "zone": "UTC"}
    task = whole.dm("within its hours", hours=shut)
    wait_for("its hours hold it", lambda: whole.task(task["id"])["status"] == "scheduled")
    held = whole.gateway.http.get(f"/api/scheduler/task/{task['id']}/explain").json()
    assert "its hours are" in next(gate["reason"] for gate in held["gates"] if gate["gate"] == "quiet_hours")
    assert datetime.fromisoformat(held["expected_start"]) - now > timedelta(hours=20)

    opened = {"from": "00:00", "to": "00:00", "zone": "UTC"}
    whole.gateway.http.patch(f"/api/scheduler/task/{task['id']}", json={"hours": opened}).raise_for_status()
    whole.until(task["id"], "completed")
    assert whole.arrived("within its hours") == 1
