"""Are locator files read strictly, and does an override say what is wrong with it?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from connectors.browser.pages.selectors import load_locators
from shared.errors import NotConfigured

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[composer]
source = "a table"
ways = [{ role = "textbox", name = "Comment", exact = false }, { css = "textarea" }]
[submit]
source = "a table"
ways = [{ test_id = "send" }]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "somewhere" / "pages" / "selectors.toml"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD)
    return file


def test_ways_keep_their_order(own: Path) -> None:
    ways = load_locators(own)["composer"].ways
    assert [(way.role, way.name, way.exact, way.css) for way in ways] == [
        ("textbox", "Comment", False, ""),
        ("", "", True, "textarea"),
    ]


def test_an_override_replaces_single_locators_and_is_read_again_when_it_changes(own: Path, tmp_path: Path) -> None:
    override = tmp_path / "somewhere.toml"
    assert load_locators(own, tmp_path)["submit"].ways[0].test_id == "send"
    for number, css in enumerate(("#new", "#newer"), 1):
        override.write_text(f"[submit]\nsource='mine'\nways=[{{css='{css}'}}]")
        os.utime(override, ns=(number, number))
        found = load_locators(own, tmp_path)
        assert found["submit"].ways[0].css == css
        assert found["composer"].source == "a table"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[submit", "Expected"),
        ("[other]\nsource='x'\nways=[{css='a'}]", "no locator is called other; there are composer, submit"),
        ("[submit]\nways=[{css='a'}]", "exactly `ways` and `source`"),
        ("submit = 1", "exactly `ways` and `source`"),
        ("[submit]\nsource=' '\nways=[{css='a'}]", "where the knowledge comes from"),
        ("[submit]\nsource='x'\nways=[]", "at least one way"),
        ("[submit]\nsource='x'\nways=['a']", "way 1: no table"),
        ("[submit]\nsource='x'\nways=[{css='a'}, {xpath='//a'}]", "way 2: unknown xpath"),
        ("[submit]\nsource='x'\nways=[{css='a', test_id='b'}]", "exactly one of role, test_id, css, path"),
        ("[submit]\nsource='x'\nways=[{name='Send'}]", "exactly one of"),
        ("[submit]\nsource='x'\nways=[{css='a', name='Send'}]", "a name belongs to a role"),
        ("[submit]\nsource='x'\nways=[{role='button', exact='no'}]", "`exact` is true or false"),
        ("[submit]\nsource='x'\nways=[{css=1}]", "everything else is text"),
    ],
)
def test_what_is_wrong_is_said(own: Path, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "somewhere.toml").write_text(text)
    with pytest.raises(NotConfigured) as caught:
        load_locators(own, tmp_path)
    assert said in caught.value.message
    assert caught.value.code == "bad_selectors"
    assert caught.value.setting.endswith("somewhere.toml")
