"""Does the doctor say of each permission of a Mac whether it is given, and where a person gives it?"""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from cli.checks.safari import check_safari
from connectors.browser.safari import permissions
from shared.settings import Settings

DENIED = "0:5: execution error: not allowed (-1743)"


@pytest.fixture
def mac(monkeypatch):
    """A Mac whose AppleScript answers by a part of the source."""
    answers: dict[str, tuple[int, str, str]] = {}

    def run(source: str) -> SimpleNamespace:
        code, out, err = next((said for part, said in answers.items() if part in source), (0, "1", ""))
        return SimpleNamespace(code=code, out=out, err=err)

    monkeypatch.setitem(sys.modules, "applescript", SimpleNamespace(run=run))
    monkeypatch.setattr(permissions.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(permissions.subprocess, "run", lambda *_, **__: None)
    return answers


def found() -> dict[str, tuple[str, str]]:
    return {one.name: (one.state, one.mend) for one in permissions.read_permissions()}


def test_what_is_given_is_ok(mac):
    mac["UI elements"] = (0, "true", "")
    states = {name: state for name, (state, _) in found().items()}
    assert states == {
        "safari automation": "ok",
        "safari javascript": "ok",
        "safari accessibility": "ok",
        "safari screenshots": "warn",  # no picture came
    }


@pytest.mark.parametrize(
    ("words", "number", "place"),
    [("count windows", -1743, "Automation"), ("count windows", -1744, "Automation"), ("do JavaScript", 8, "Developer")],
)
def test_what_is_denied_names_the_place(mac, words, number, place):
    mac[words] = (1, "", f"0:5: execution error: nein ({number})")
    name = "safari automation" if words == "count windows" else "safari javascript"
    state, mend = found()[name]
    assert state == "wrong"
    assert place in mend


def test_without_a_window_nothing_is_concluded(mac):
    mac["do JavaScript"] = mac["id of window"] = (1, "", "0:5: execution error: no such thing (-1719)")
    assert {found()["safari javascript"][0], found()["safari screenshots"][0]} == {"warn"}


def test_a_machine_that_is_no_mac_and_serves_the_lane_all_the_same_is_told(tmp_path):
    assert list(check_safari(Settings(home=tmp_path, safari="off"))) == []
    [finding] = check_safari(Settings(home=tmp_path, safari="on"))
    assert (finding.state, finding.what) == ("wrong", "This machine is no Mac.")
