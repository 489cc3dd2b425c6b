"""Does every platform find posts and read one, whatever its pages hold?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from connectors.browser.pages import posts
from connectors.contract.action import Request
from connectors.contract.content import CommentContent
from connectors.contract.reading import PostReading, PostsReading, Search
from connectors.registry import load_action, load_asking
from shared.errors import ContentRejected
from tests.contract.kit import Pools, Sandbox, a_text, browsers_with, facts, on_chromium, soon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.browser.chromium.driver import Chromium
    from connectors.browser.safari.driver import Safari

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WORDS = "this morning"  # in eight captions
LIMITS_S = 90.0


@dataclass
class Asked:
    """One platform's readings on its practice site, over one browser."""

    platform: str
    transport: str
    sandbox: Sandbox
    pool: Chromium | Safari

    def __post_init__(self) -> None:
        self.account = facts(self.platform, self.sandbox)

    async def ask(self, capability: str, question: object) -> Any:
        """Ask as the engine does."""
        async with self.pool.session(self.account) as session:
            return await load_asking(self.platform, capability, self.transport).ask(session, question)

    async def search(self, words: str, limit: int) -> PostsReading:
        """Search for posts."""
        found: PostsReading = await self.ask("discovery", Search(words, limit))
        return found

    @property
    def opens(self) -> bool:
        """Whether each post is opened, which takes its time."""
        asking: Any = load_asking(self.platform, "discovery", self.transport)
        return bool(asking.pages.opens)

    def posts(self, words: str = "") -> list[dict[str, str]]:
        """The posts that are there, of which the text has these words."""
        rows = self.sandbox.ask(f"/_truth/posts?platform={self.platform}")
        return [row for row in rows if words in row["text"].lower()]


@pytest.fixture(params=browsers_with("discovery"))
def asked(request: pytest.FixtureRequest, sandbox: Sandbox, pools: Pools) -> Iterator[Asked]:
    """Every platform that can search; each in an epoch of its own, with nothing armed."""
    sandbox.ask("/_control/reset", {})  # what was said before on another browser was said by us
    sandbox.disarm()
    platform, transport = request.param
    yield Asked(platform, transport, sandbox, pools.of(transport))
    sandbox.disarm()


async def test_a_search_finds_every_post_once_with_author_text_and_address(asked: Asked) -> None:
    most = 2 if asked.opens else 50
    found = await asked.search(WORDS, most)
    assert found.complete
    there = [(row["url"].rstrip("/"), row["author"], row["text"]) for row in asked.posts(WORDS)]
    assert [(post.url.rstrip("/"), post.author, post.text) for post in found.items] == there[:most]
    assert all(post.likes is not None for post in found.items)
    assert {post.language for post in found.items} == ({"en"} if asked.platform == "x" else {None})


@pytest.mark.parametrize(
    "asked", on_chromium("tiktok", "x"), indirect=True
)  # a list that keeps its rows, one that drops them
async def test_a_long_list_is_read_on_without_losing_or_doubling_a_post(asked: Asked) -> None:
    found = await asked.search("the", 45)
    addresses = [post.url.rstrip("/") for post in found.items]
    assert len(addresses) == len(set(addresses)) == 45
    assert set(addresses) <= {row["url"].rstrip("/") for row in asked.posts("the")}


async def test_what_nobody_wrote_is_not_found(asked: Asked) -> None:
    assert await asked.search("#nobody wrote this", 10) == PostsReading((), complete=True)


async def test_a_post_is_read_and_tells_whether_we_have_commented(asked: Asked) -> None:
    asked.sandbox.ask("/_control/reset", {})  # over another browser we have commented there
    there = asked.posts()[41]
    before: PostReading = await asked.ask("read_post", there["url"])
    assert (before.author, before.text, before.own_comment) == (there["author"], there["text"], False)
    action = load_action(asked.platform, "comment", asked.transport)
    request = Request(there["url"], CommentContent(text=a_text()), "key")
    async with asked.pool.session(asked.account) as session:
        baseline = await action.prepare(session, request)
        await action.commit(session, request, baseline, soon())
    assert (await asked.ask("read_post", there["url"])).own_comment
    with pytest.raises(ContentRejected):
        await asked.ask("read_post", "https://example.com/p/Cabc/")


@pytest.mark.parametrize("asked", on_chromium("instagram", "x"), indirect=True)  # the same two kinds
async def test_pages_that_mean_harm_are_read_within_bounds(asked: Asked) -> None:
    asked.sandbox.arm(asked.platform, "hostile", seconds=300)
    began = time.monotonic()
    found = await asked.search("anything", 7)
    assert time.monotonic() - began < LIMITS_S
    assert (
        len({post.url for post in found.items}) == len(found.items) == (0 if asked.opens else 7)
    )  # what is listed is not there
    assert all(len(post.text) <= posts.LONGEST for post in found.items)
    asked.sandbox.disarm()
    assert (await asked.search(WORDS, 1)).items  # the browser lives on
