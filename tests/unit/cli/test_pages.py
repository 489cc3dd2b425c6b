"""Does the doctor say which pages have changed, before and after that stops something?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.checks import pages
from shared.errors import Transient
from shared.settings import Settings

Found = Callable[[list, list, list], list[tuple[str, str]]]
SINCE = "2026-11-20T12:00:00Z"
DRIFT = {"platform": "instagram", "transport": "chromium", "practice": False, "locator": "comment_box", "way": 2,
         "since": SINCE}  # fmt: skip
PAUSED = {"platform": "x", "capability": "dm", "reason": "the page has changed: dm_box",
          "evidence": {"host": "studio-mac", "folder": "evidence/7"}}  # fmt: skip
HEALTHY: dict[str, Any] = {"platform": "tiktok", "handle": "me", "health": {"missing": []}}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "credentials.json").write_text('{"url": "http://127.0.0.1:1", "api_key": "not-a-key"}')
    return Settings(home=tmp_path)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Found:
    """What the doctor says of what the gateway answers."""
    return lambda *answers: _found(monkeypatch, settings, *answers)


def _found(monkeypatch: pytest.MonkeyPatch, settings: Settings, paused: list, drifting: list, accounts: list) -> list:
    answers = {
        "/api/resources/pages": {"paused": paused, "drifting": drifting},
        "/api/accounts": {"items": [HEALTHY, {**HEALTHY, "health": None}, *accounts]},
    }
    monkeypatch.setattr(pages.Client, "get", lambda _, path, **query: answers[path])
    return [(one.state, one.what) for one in pages.check_pages(settings)]


def test_a_place_that_its_second_way_finds_is_told_before_it_breaks(found: Found):
    [told] = found([], [DRIFT], [])
    assert told == ("warn", "found in chromium: `comment_box` by its second way since 2026-11-20")
    several = [DRIFT | {"practice": True, "locator": f"place_{n}", "way": 4} for n in range(7)]
    [told, other] = found([], [DRIFT, *several], [])
    assert other[1].startswith("found in chromium, practice site: `place_0` by its 4th way since 2026-11-20, ")
    assert other[1].endswith(" and 2 more")


def test_what_is_paused_says_where_its_evidence_lies(found: Found):
    [told] = found([PAUSED], [], [])
    what = "dm is paused: the page has changed: dm_box; what it looked like is in evidence/7 in the home of host studio-mac"
    assert told == ("wrong", what)
    [told] = found([PAUSED | {"evidence": None}], [], [])
    assert told == ("wrong", "dm is paused: the page has changed: dm_box")


def test_what_a_check_did_not_find_is_told(found: Found):
    [told] = found([], [], [HEALTHY | {"health": {"missing": ["inbox_link", "profile"]}}])
    assert told == ("warn", "the last check of tiktok/me did not find inbox_link, profile")
    assert [state for state, _ in found([], [], [])] == ["ok"]


def test_without_a_gateway_it_says_nothing_a_second_time(monkeypatch, settings):
    def nobody(*_: object, **__: object) -> None:
        raise Transient(message="The gateway does not answer.")

    monkeypatch.setattr(pages.Client, "get", nobody)
    assert pages.check_pages(settings) == []
