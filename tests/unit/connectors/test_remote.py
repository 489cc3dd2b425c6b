"""What does a page of a joined host make of the host's answers? Of the one click only what is certain is taken for it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from connectors.browser.driver import Locator, Pressed, Way
from connectors.browser.page import ALWAYS
from connectors.browser.remote import RemotePage
from connectors.contract.session import LocatorDrift
from shared.door import Answer
from shared.errors import NotConfigured, OutcomeUnknown, Transient

BUTTON = Locator("submit", (Way(role="button", name="Post"), Way(css="#post")), "this test")


class Says:
    """A host that answers every call in the same way."""

    def __init__(self, value: Any = None, error: dict[str, Any] | None = None) -> None:
        self.value, self.error = value, error

    async def ask(self, do: str, given: dict[str, Any], *, within: float) -> Answer:
        return Answer("1", 1.0, self.value, self.error)

    async def confirm(self) -> None:
        """It is ours."""

    def left_until(self, instant: float) -> tuple[float, float]:
        return 1.0, 1.0

    async def take_file(self, file: str) -> Path:
        raise AssertionError

    async def lay_out(self, file: Path) -> str:
        raise AssertionError


async def click(line: Says) -> Pressed:
    return await RemotePage(line).check_and_click(BUTTON, time.time() + 5, ALWAYS)


@pytest.mark.parametrize("error", [Transient, NotConfigured])
async def test_a_host_that_says_not_clicked_is_believed(error):
    with pytest.raises(error):
        await click(Says(error={"kind": error.__name__, "code": "x", "message": "y"}))
    assert (await click(Says({"clicked": False, "why": "late", "seen": None}))).why == "late"


@pytest.mark.parametrize("kind", ["OutcomeUnknown", "RateLimited", "UiChanged", "NotYetInvented", "", None])
async def test_any_other_error_of_the_one_click_leaves_its_outcome_unknown(kind):
    with pytest.raises(OutcomeUnknown):
        await click(Says(error={"kind": kind, "code": "x", "message": "y"}))


@pytest.mark.parametrize("value", [None, {}, {"clicked": True}, "clicked"])
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(value):
    with pytest.raises(OutcomeUnknown):
        await click(Says(value))


async def test_a_click_that_another_way_found_is_noted_as_drift():
    page = RemotePage(Says({"then": 7, "index": 1}))
    assert await page.click(BUTTON) == 7
    assert page.locator_drift() == (LocatorDrift("submit", 2, 2),)
    assert await RemotePage(Says({"then": None, "index": 9})).click(BUTTON) is None
