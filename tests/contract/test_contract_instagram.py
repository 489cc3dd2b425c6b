"""What does only Instagram do: a stranger's message waits until a person accepts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.contract.action import Request
from connectors.contract.content import MessageContent
from connectors.registry import load_action
from shared.errors import ContentRejected
from tests.contract.kit import Pools, Sandbox, a_text, facts

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(params=["en", "de", "es"])
def stranger(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[str]:
    """Somebody who has asked to write to the account, on pages in each language."""
    sandbox.ask("/_control/reset", {})
    sandbox.ask("/_control/language", {"platform": "instagram", "language": request.param})
    sandbox.ask(
        "/_control/incoming", {"platform": "instagram", "kind": "request", "from": "copper_garden", "text": a_text()}
    )
    yield "copper_garden"
    sandbox.ask("/_control/language", {"platform": "instagram", "language": "en"})


@pytest.mark.parametrize("transport", ["chromium", "safari"])
async def test_who_has_asked_to_write_is_answered_once_a_person_has_accepted(
    stranger: str, pools: Pools, sandbox: Sandbox, transport: str
) -> None:
    request, action = Request(stranger, MessageContent(text=a_text()), "key"), load_action("instagram", "dm", transport)
    async with pools.of(transport).session(facts("instagram", sandbox)) as session:
        with pytest.raises(ContentRejected) as caught:
            await action.prepare(session, request)
    assert caught.value.code == "request_open"
    assert "has to accept that on Instagram" in caught.value.message
    assert sandbox.arrived("instagram", request.text) == []
