"""Does every platform read what is new in an inbox, once and to the end?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract.reading import Arrival, InboxReading, Since
from connectors.registry import load_asking
from shared.errors import ActionRequired
from tests.contract.kit import Pools, Sandbox, a_text, browsers_with, facts, on_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.browser.chromium.driver import Chromium
    from connectors.browser.safari.driver import Safari

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LIMITS_S = 120.0


@dataclass
class Post:
    """One platform's inbox on its practice site, in an epoch of its own."""

    platform: str
    transport: str
    sandbox: Sandbox
    pool: Chromium | Safari

    async def read(self, known: set[str]) -> InboxReading:
        """Read as the engine does."""
        async with self.pool.session(facts(self.platform, self.sandbox)) as session:
            reading = load_asking(self.platform, "inbox", self.transport)
            found: InboxReading = await reading.ask(session, Since(frozenset(known)))
            return found

    def bring(self, kind: str, sender: str, text: str) -> dict[str, Any]:
        """Let somebody write."""
        body = {"platform": self.platform, "kind": kind, "from": sender, "text": text}
        arrived: dict[str, Any] = self.sandbox.ask("/_control/incoming", body)
        return arrived


@pytest.fixture(params=browsers_with("inbox"))
def post(request: pytest.FixtureRequest, sandbox: Sandbox, pools: Pools) -> Iterator[Post]:
    """Every platform whose inbox is read; nothing is armed before and after."""
    sandbox.ask("/_control/reset", {})
    platform, transport = request.param
    yield Post(platform, transport, sandbox, pools.of(transport))
    sandbox.disarm()


def told(arrival: Arrival) -> tuple[str, str, str, str]:
    """What an arrival is, without what differs from platform to platform."""
    return arrival.kind, arrival.external_id, arrival.author, arrival.text


async def test_an_inbox_is_read_from_what_is_known_on(post: Post) -> None:
    has_messages = load_asking(post.platform, "inbox", post.transport).conversations is not None
    came = [(kind, sender, a_text()) for kind, sender in (("comment", "maple_studio"), ("mention", "velvet_films"))]
    if has_messages:
        # Two people, one of them twice: each conversation is opened, and each message told.
        came += [("dm", sender, a_text()) for sender in ("copper_garden", "pebble_press", "copper_garden")]
    rows = [post.bring(*one) for one in came]
    kinds = {"dm": "message"}
    wanted = sorted((kinds.get(one[0], one[0]), row["id"], one[1], row["text"]) for one, row in zip(came, rows, strict=True))
    found = await post.read(set())
    assert sorted(map(told, found.items)) == wanted
    assert found.complete
    assert all(arrival.url.startswith("http") for arrival in found.items)
    known = {arrival.external_id for arrival in found.items}
    late = post.bring("dm" if has_messages else "mention", "pebble_press", a_text())
    again = await post.read(known)
    assert [(one.external_id, one.text) for one in again.items] == [(late["id"], late["text"])]


@pytest.mark.parametrize(
    "post", on_chromium("instagram", "x"), indirect=True
)  # a list that keeps its rows, one that drops them
async def test_an_inbox_that_means_harm_is_read_within_bounds(post: Post) -> None:
    post.sandbox.arm(post.platform, "hostile", seconds=300)
    began = time.monotonic()
    found = await post.read(set())
    assert time.monotonic() - began < LIMITS_S
    assert 0 < len(found.items) <= 400
    assert not found.complete
    assert all("<script>" in arrival.text for arrival in found.items)


async def test_for_anybody_else_no_inbox_is_read(post: Post) -> None:
    post.sandbox.arm(post.platform, "logged_out")
    with pytest.raises(ActionRequired) as caught:
        await post.read(set())
    assert caught.value.code == "logged_out"


@pytest.mark.parametrize("post", on_chromium("threads"), indirect=True)
async def test_an_inbox_with_nothing_new_is_empty_and_complete(post: Post) -> None:
    assert await post.read(set()) == InboxReading((), complete=True, not_read=("messages",))


@pytest.mark.parametrize("post", on_chromium("instagram"), indirect=True)
async def test_messages_by_strangers_are_read_where_they_wait_and_rows_may_be_links(post: Post) -> None:
    known = post.bring("dm", "velvet_films", a_text())
    asking = post.bring("request", "copper_garden", a_text())
    for pages in ("new", "old"):
        post.sandbox.ask("/_control/messages", {"platform": post.platform, "pages": pages})
        found = await post.read({known["id"]})
        assert [told(one) for one in found.items] == [("message", asking["id"], "copper_garden", asking["text"])]
        assert found.complete
    assert "hidden message requests" in found.not_read
