"""Does each fault do what it says, as often as it says?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.integration.sandbox.process import Sandbox

PLATFORMS = pytest.mark.parametrize("platform", ["instagram", "tiktok"])
LOGIN = {"instagram": "/instagram/accounts/login/", "tiktok": "/tiktok/login"}


@PLATFORMS
def test_timeout_after_write_writes_and_never_answers(sandbox: Sandbox, platform: str) -> None:
    sandbox.arm(platform, "timeout_after_write")
    with pytest.raises(httpx.ReadTimeout):
        sandbox.comment(platform, "silence", "click-1001-a", timeout=0.3)
    (effect,) = sandbox.effects("marker=silence")
    assert sandbox.comment(platform, "silence", "click-1001-a").json()["id"] == effect["id"]
    assert len(sandbox.effects("marker=silence")) == 1


@PLATFORMS
def test_error_before_write_writes_nothing(sandbox: Sandbox, platform: str) -> None:
    sandbox.arm(platform, "error_before_write", count=2)
    assert [sandbox.comment(platform, f"try {n}").status_code for n in range(3)] == [500, 500, 200]
    assert [row["text"] for row in sandbox.effects()] == ["try 2"]


@pytest.mark.parametrize(
    ("platform", "fault", "status", "words"),
    [
        ("instagram", "rate_limited", 429, "Please wait a few minutes before you try again"),
        ("tiktok", "rate_limited", 429, "You are sending messages too fast"),
        ("instagram", "action_blocked", 400, "We restrict certain activity to protect our community"),
        ("tiktok", "action_blocked", 403, "Too many attempts"),
    ],
)
def test_a_refusal_says_why_and_writes_nothing(sandbox: Sandbox, platform: str, fault: str, status: int, words: str) -> None:
    sandbox.arm(platform, fault)
    answer = sandbox.comment(platform, "too eager")
    assert (answer.status_code, words in answer.json()["message"]) == (status, True)
    assert sandbox.effects() == []
    assert sandbox.comment(platform, "later").status_code == 200


@PLATFORMS
def test_logged_out_redirects_one_page_to_the_login_form(sandbox: Sandbox, platform: str) -> None:
    sandbox.arm(platform, "logged_out")
    first = sandbox.http.get(f"/{platform}/")
    assert (first.status_code, first.headers["location"]) == (302, LOGIN[platform])
    assert sandbox.http.get(f"/{platform}/").status_code == 200


def test_challenge_redirects_on_instagram_and_covers_the_page_on_tiktok(sandbox: Sandbox) -> None:
    sandbox.arm("instagram", "challenge")
    sandbox.arm("tiktok", "challenge")
    assert sandbox.http.get("/instagram/direct/inbox/").headers["location"] == "/instagram/challenge/"
    assert "&quot;page&quot;: &quot;challenge&quot;" in sandbox.http.get("/tiktok/messages").text


@PLATFORMS
def test_wrong_account_is_who_pages_show_and_whose_name_writes_bear(sandbox: Sandbox, platform: str) -> None:
    sandbox.arm(platform, "wrong_account")
    assert "&quot;view&quot;: &quot;wrong&quot;" in sandbox.http.get(f"/{platform}/").text
    wrong = {"x-view": "wrong"}  # what that page's script says from then on
    assert sandbox.http.get(f"/{platform}/api/feed", headers=wrong).json()["viewer"] == "someone_else"
    sandbox.comment(platform, "not mine", headers=wrong)
    assert sandbox.effects()[0]["account"] == "someone_else"


@PLATFORMS
def test_slow_delays_the_page_and_what_its_script_asks(sandbox: Sandbox, platform: str) -> None:
    sandbox.arm(platform, "slow", seconds=0.2)
    began = time.monotonic()
    assert "slow=0.200" in sandbox.http.get(f"/{platform}/").text
    sandbox.http.get(f"/{platform}/api/feed", headers={"x-view": "slow=0.200"})
    assert time.monotonic() - began >= 0.4
    assert "slow=" not in sandbox.http.get(f"/{platform}/").text


@PLATFORMS
def test_a_delayed_listing_is_true_at_once_and_seen_later(sandbox: Sandbox, platform: str) -> None:
    sandbox.arm(platform, "listing_delayed", seconds=0.3)
    assert sandbox.comment(platform, "patience").json() == {"accepted": True}
    (effect,) = sandbox.effects("marker=patience")
    assert effect["id"] not in [row["id"] for row in sandbox.comments(platform)]
    patience = time.monotonic() + 3
    while effect["id"] not in [row["id"] for row in sandbox.comments(platform)]:
        assert time.monotonic() < patience


def test_faults_of_one_platform_queue_up_and_leave_the_other_alone(sandbox: Sandbox) -> None:
    sandbox.arm("instagram", "error_before_write")
    sandbox.arm("instagram", "rate_limited")
    assert sandbox.comment("tiktok", "other house").status_code == 200
    assert [sandbox.comment("instagram", f"go {n}").status_code for n in range(3)] == [500, 429, 200]


def test_seconds_without_count_strike_every_time_until_they_are_over(sandbox: Sandbox) -> None:
    sandbox.arm("instagram", "error_before_write", seconds=0.5)
    assert [sandbox.comment("instagram", f"storm {n}").status_code for n in range(3)] == [500, 500, 500]
    patience = time.monotonic() + 3
    while sandbox.comment("instagram", "calm").status_code == 500:
        assert time.monotonic() < patience
    assert sandbox.get("/_control/faults") == []


def test_armed_faults_are_listed_and_cleared_by_platform(sandbox: Sandbox) -> None:
    sandbox.arm("instagram", "challenge", count=3)
    sandbox.arm("tiktok", "slow")
    assert [(row["platform"], row["fault"], row["left"]) for row in sandbox.get("/_control/faults")] == [
        ("instagram", "challenge", 3),
        ("tiktok", "slow", 1),
    ]
    assert [row["platform"] for row in sandbox.http.delete("/_control/faults?platform=instagram").json()] == ["tiktok"]


def test_a_rate_strikes_some_writes_and_the_same_ones_in_every_run(sandbox: Sandbox) -> None:
    runs = []
    for _ in range(2):
        sandbox.http.post("/_control/reset")
        sandbox.arm("tiktok", "error_before_write", count=100, rate=0.5, seed=7)
        runs.append([sandbox.comment("tiktok", f"coin {n}").status_code for n in range(6)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}
