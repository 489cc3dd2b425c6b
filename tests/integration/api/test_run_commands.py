"""Can somebody order runs and windows from the command line, and see what they have come to?"""

from __future__ import annotations

import json

import pytest

from cli.local.secret import write_json
from tests.integration.api.test_host_commands import Home
from tests.support.gateway import Gateway


@pytest.fixture
def home(module_gateway: Gateway, tmp_path) -> Home:
    write_json(tmp_path / "credentials.json", {"url": module_gateway.url, "api_key": module_gateway.api_key})
    return Home(tmp_path)


def test_a_comment_run_is_ordered_listed_shown_and_cancelled(home: Home, tmp_path):
    (tmp_path / "texts.txt").write_text("What a glaze, @{author}.\n\nWhich clay is this?\n")
    ordered = home.said(
        *("run", "comments", "#ceramics", "--platform", "instagram", "--count", "5", "--texts", str(tmp_path / "texts.txt")),
        *(
            "--language",
            "en",
            "--max-age-h",
            "48",
            "--min",
            "likes=10",
            "--max",
            "likes=900",
            "--spacing",
            "60-90",
            "--json",
        ),
    )

    task = json.loads(ordered)
    assert (task["type"], task["account"]) == ("comment_run", "demo")
    payload = task["payload"]
    assert payload["texts"] == ["What a glaze, @{author}.", "Which clay is this?"]
    assert (payload["wanted"]["languages"], payload["wanted"]["max_age_h"]) == (["en"], 48)
    assert (payload["wanted"]["likes"], payload["spacing_s"]) == ({"min": 10, "max": 900}, [60.0, 90.0])
    assert task["run_id"] in home.said("run", "list")
    assert "comment_run" in home.said("run", "show", task["run_id"])
    assert "cancelled" in home.said("run", "cancel", task["run_id"])
    again = json.loads(home.said("run", "retry", task["run_id"], "--from-step", task["id"], "--json"))
    assert (again["id"], again["status"]) == (task["run_id"], "waiting")


def test_waiting_messages_get_hours_and_a_message_may_have_its_own(home: Home):
    hours = ("--start", "9:00", "--end", "17:00", "--days", "mo,fr", "--zone", "Europe/Berlin", "--json")
    window = json.loads(home.said("dm", "--platform", "tiktok", *hours))
    one = json.loads(home.said("dm", "maple_studio", "Thank you.", "--platform", "tiktok", *hours))

    assert (window["type"], window["account"]) == ("message_window", "demo")
    said = {"from": "09:00", "to": "17:00", "zone": "Europe/Berlin", "days": ["mo", "fr"]}
    assert (window["payload"]["hours"], one["hours"], one["type"]) == (said, said, "dm")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dm", "--platform", "tiktok"), "--start and --end"),
        (("dm", "maple_studio", "--platform", "tiktok", "--start", "9:00", "--end", "17:00"), "to whom and what"),
        (("dm", "--platform", "tiktok", "--start", "9:00"), "a beginning and an end"),
        (("dm", "--platform", "tiktok", "--start", "nine", "--end", "17:00"), "such as 9:00"),
        (("dm", "--platform", "tiktok", "--start", "9:00", "--end", "17:00", "--days", "someday"), "days"),
        (("dm", "--platform", "x", "--start", "9:00", "--end", "17:00"), "there is none"),
        (("run", "comments", "#a", "--platform", "instagram"), "--text"),
        (("run", "comments", "#a", "--platform", "instagram", "--text", "Dear {name}"), "no place that is filled in"),
        (("run", "comments", "#a", "--platform", "instagram", "--text", "Hi.", "--min", "stars=3"), "likes, replies"),
        (("run", "comments", "#a", "--platform", "instagram", "--text", "Hi.", "--spacing", "soon"), "60-180"),
        (("run", "show", "00000000-0000-4000-8000-000000000000"), "no run"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(home: Home, words: tuple[str, ...], said: str):
    answer = home.run(*words)

    assert answer.returncode != 0
    assert said in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stderr
