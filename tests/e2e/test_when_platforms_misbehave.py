"""What becomes of a task when the platform answers late, wrongly, or not at all?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import connectors
from connectors.browser.pages.selectors import load_locators
from tests.support.receiver import receiver
from tests.support.stack import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(180)]


def resume(whole, platform: str = "instagram") -> None:
    whole.gateway.post(f"/api/accounts/{platform}/demo/resume").raise_for_status()


def account(whole, platform: str = "instagram") -> dict:
    answer: dict = whole.gateway.http.get(f"/api/accounts/{platform}/demo").json()
    return answer


def changed_pages(whole) -> dict:
    answer: dict = whole.gateway.http.get("/api/resources/pages").json()
    return answer


@contextmanager
def first_way_is_gone(home: Path, platform: str, name: str) -> Iterator[None]:
    """An override, as a person would write it, whose first way leads nowhere."""
    own = load_locators(Path(connectors.__file__).parent / platform / "pages" / "selectors.toml")[name]
    ways = [{"test_id": "gone"}, *own.as_json()]
    tables = ", ".join("{" + ", ".join(f"{k} = {json.dumps(v)}" for k, v in way.items()) + "}" for way in ways)
    file = home / "selectors" / f"{platform}.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'[{name}]\nsource = "a test"\nways = [{tables}]\n')
    try:
        yield
    finally:
        file.unlink()


@pytest.fixture(autouse=True)
def healthy(whole):
    """Each test begins without faults and with accounts that may act."""
    yield
    for platform in ("instagram", "tiktok"):
        httpx.delete(f"{whole.stack.sandbox_url}/_control/faults", params={"platform": platform})
        resume(whole, platform)
        whole.gateway.post("/api/scheduler/resume", {"scope": f"platform:{platform}"})


def test_a_write_whose_answer_never_comes_is_found_and_not_repeated(whole):
    whole.stack.fault("instagram", "timeout_after_write")

    task = whole.until(whole.comment("the answer never came")["id"], "completed", seconds=60)

    assert whole.arrived("the answer never came") == 1
    assert task["result"]["external_id"]


def test_a_write_that_was_refused_before_it_happened_is_done_once_in_the_end(whole):
    whole.stack.fault("tiktok", "error_before_write")

    whole.until(whole.dm("an error first")["id"], "completed", seconds=60)

    assert whole.arrived("an error first") == 1


@pytest.mark.parametrize("fault", ["wrong_account", "challenge", "logged_out"])
def test_what_only_a_person_can_mend_pauses_the_account_tells_people_and_costs_no_retry(whole, fault):
    whole.stack.fault("instagram", fault)
    text = f"stopped by {fault}"

    with receiver() as person:
        rule = {"name": fault, "target": f"json://127.0.0.1:{person.port}/told", "types": ["account.paused"]}
        told_by = whole.gateway.post("/api/notifications", rule).raise_for_status().json()["id"]
        task = whole.comment(text, post=6)
        wait_for("the account pauses", lambda: account(whole)["state"] == "paused")
        wait_for("somebody is told", lambda: person.requests)
        told = json.loads(person.requests[0].body)
        whole.gateway.http.delete(f"/api/notifications/{told_by}").raise_for_status()
    assert told["title"] == "Callsheet: An account is paused"
    assert "platform: instagram\naccount: demo" in told["message"]

    waiting = whole.until(task["id"], "pending")
    assert waiting["retry_count"] == 0
    assert any(item["gate"] == "connection" for item in waiting["waiting_for"])
    assert whole.arrived(text) == 0
    # Nobody has tried to get past it: the one attempt went back at once.
    tried = whole.stack.query("SELECT outcome FROM attempts WHERE task_id = %(id)s", id=task["id"])
    assert tried == [{"outcome": "gave_back"}]

    resume(whole)
    whole.until(task["id"], "completed")
    assert whole.arrived(text) == 1
    assert {effect["account"] for effect in whole.stack.truth() if effect["text"] == text} == {"demo"}


def test_a_page_that_changed_pauses_the_capability_and_says_so(whole):
    whole.stack.fault("instagram", "layout_changed", seconds=30)

    task = whole.comment("on a page that changed", post=7)
    paused = wait_for(
        "the capability pauses",
        lambda: [w for w in whole.task(task["id"])["waiting_for"] if "changed" in w["reason"]],
        seconds=60,
    )

    assert paused[0]["gate"] == "connection"
    [seen] = changed_pages(whole)["paused"]
    assert (seen["platform"], seen["capability"], seen["transport"]) == ("instagram", "comment", "chromium")
    assert "composer" in seen["locator"]
    kept = whole.stack.settings.home / seen["evidence"]["folder"]
    assert {file.name for file in kept.iterdir()} == {"page.html", "page.jpg", "page.json"}
    assert "composer" in (kept / "page.json").read_text()

    # Somebody mends the locator by a second way: it works again, and that it is no first one stays to be seen.
    httpx.delete(f"{whole.stack.sandbox_url}/_control/faults", params={"platform": "instagram"})
    with first_way_is_gone(whole.stack.settings.home, "instagram", "comment_composer"):
        whole.gateway.post("/api/scheduler/resume", {"scope": "platform:instagram"}).raise_for_status()
        whole.until(task["id"], "completed")
    assert whole.arrived("on a page that changed") == 1
    [drifting] = changed_pages(whole)["drifting"]
    assert (drifting["locator"], drifting["way"], drifting["practice"]) == ("comment_composer", 2, True)
    assert changed_pages(whole)["paused"] == []


def test_a_listing_that_lags_does_not_lead_to_a_second_write(whole):
    whole.stack.fault("instagram", "listing_delayed", seconds=4)

    whole.until(whole.comment("listed late", post=8)["id"], "completed", seconds=60)

    assert whole.arrived("listed late") == 1


def test_a_slow_page_is_waited_for(whole):
    whole.stack.fault("tiktok", "slow", seconds=1)

    whole.until(whole.dm("slowly")["id"], "completed", seconds=60)

    assert whole.arrived("slowly") == 1


def test_a_cancel_that_comes_before_the_click_stops_it(whole):
    whole.stack.fault("instagram", "slow", seconds=3)

    task = whole.comment("cancelled in time", post=9)
    whole.until(task["id"], "running")
    assert whole.gateway.http.delete(f"/api/scheduler/task/{task['id']}").is_success

    whole.until(task["id"], "cancelled")
    assert whole.arrived("cancelled in time") == 0


def test_nothing_outward_begins_while_the_kill_switch_is_on(whole):
    whole.gateway.post("/api/system/kill-switch", {"on": True}).raise_for_status()
    try:
        task = whole.comment("behind the kill switch", post=10)
        probe = whole.gateway.submit({"type": "probe", "payload": {"lane": "chromium.local.instagram"}})
        whole.until(probe["id"], "completed")
        waiting = whole.task(task["id"])
        assert (waiting["status"], [item["gate"] for item in waiting["waiting_for"]]) == ("pending", ["system"])
    finally:
        whole.gateway.post("/api/system/kill-switch", {"on": False}).raise_for_status()
    whole.until(task["id"], "completed")
    assert whole.arrived("behind the kill switch") == 1
