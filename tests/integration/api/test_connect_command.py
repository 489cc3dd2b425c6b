"""What is left of an account that somebody tried to connect on the command line, and could not?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli import connect
from cli.main import build
from shared.errors import Transient
from tests.support.gateway import Gateway


class Window:
    """The window, which shows who is signed in; nobody, until it is said."""

    def __init__(self) -> None:
        self.shows = ""
        self.asked: list[str] = []

    def run(self, _settings: object, *words: str) -> dict[str, Any]:
        self.asked.append(words[0])
        if words[0] == "open" and not self.shows:
            raise Transient(code="no_window", message="Nobody was signed in; the reason stands above.")
        return {"signed_in_as": self.shows, "forgotten": True}


@pytest.fixture
def window(gateway: Gateway, monkeypatch) -> Window:
    (gateway.settings.home / "credentials.json").write_text(json.dumps({"url": gateway.url, "api_key": gateway.api_key}))
    monkeypatch.setenv("CALLSHEET_HOME", str(gateway.settings.home))
    made = Window()
    monkeypatch.setattr(connect, "run_window", made.run)
    return made


def try_to_connect(handle: str, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(
        build("account"), ["account", "connect", "instagram", handle, "--chromium", *words], input=typed
    )


@pytest.mark.parametrize("shows", ["", "demo"])
def test_an_account_that_nobody_signed_in_to_is_not_there_afterwards(gateway: Gateway, window: Window, shows: str):
    window.shows = shows

    assert try_to_connect("@somebody", "--practice").exit_code == 1

    assert gateway.http.get("/api/accounts/instagram/somebody").status_code == 404
    assert window.asked == ["open", "forget"]


def test_an_account_whose_rule_nobody_accepted_is_not_there_afterwards(gateway: Gateway, window: Window):
    assert try_to_connect("@real", typed="n\n").exit_code == 1
    assert gateway.http.get("/api/accounts/instagram/real").status_code == 404


def test_an_account_that_was_there_before_stays(gateway: Gateway, window: Window):
    gateway.post("/api/accounts/instagram/demo/disconnect").raise_for_status()

    assert try_to_connect("@demo", "--practice").exit_code == 1

    assert gateway.http.get("/api/accounts/instagram/demo").json()["state"] == "disconnected"
    assert window.asked == ["open"]
