"""What does only X do: a chat behind a passcode, and a text that was said already?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.browser.driver import Locator, Way
from connectors.contract.action import Request
from connectors.contract.content import CommentContent, MessageContent
from connectors.registry import load_action
from shared.errors import ActionRequired, OutcomeUnknown
from tests.contract.kit import Sandbox, a_text, facts, soon

if TYPE_CHECKING:
    from connectors.browser.chromium.driver import Chromium

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_passcode_is_asked_of_a_person_once(pool: Chromium, sandbox: Sandbox) -> None:
    request = Request("velvet_films", MessageContent(text=a_text()), "key")
    action = load_action("x", "dm", "chromium")
    sandbox.arm("x", "passcode")
    async with pool.session(facts("x", sandbox)) as session:
        for _ in range(2):  # it stays wanted
            with pytest.raises(ActionRequired) as caught:
                await action.prepare(session, request)
            assert caught.value.code == "passcode"
            assert "resume the account" in caught.value.message
        for digit in range(1, 5):
            await session.driver.type(Locator("digit", (Way(css=f"[aria-label='Digit {digit}']"),), "this test"), "7")
        await session.driver.wait_until("() => !document.querySelector('[aria-label=\"Digit 1\"]')")
        baseline = await action.prepare(session, request)
        await action.commit(session, request, baseline, soon())
    assert len(sandbox.arrived("x", request.text)) == 1


async def test_what_was_said_by_a_row_that_nobody_saw_is_looked_up(pool: Chromium, sandbox: Sandbox) -> None:
    target = sandbox.ask("/_truth/posts?platform=x")[3]["url"]
    request = Request(target, CommentContent(text=a_text()), "key")
    action = load_action("x", "comment", "chromium")
    async with pool.session(facts("x", sandbox)) as session:
        sandbox.arm("x", "listing_delayed", seconds=600)
        for code, within in (("no_answer", 0.4), ("duplicate", 10)):
            baseline = await action.prepare(session, request)
            assert baseline.matching_ids == ()
            with pytest.raises(OutcomeUnknown) as caught:
                await action.commit(session, request, baseline, soon(end=within))
            assert caught.value.code == code
    assert len(sandbox.arrived("x", request.text)) == 1
