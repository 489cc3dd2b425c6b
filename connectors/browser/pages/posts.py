"""How are posts found and read on a platform's pages?

Locators: `post_row` and `search_empty` on a page of results, and those that a connector's `fields` and `body_fields` name.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote, urljoin, urlsplit

from connectors.browser.pages.listing import Listing, Place, Values, read_list
from connectors.browser.pages.numbers import count_in
from connectors.browser.pages.screen import Field, Row, Screen
from connectors.contract.action import Request
from connectors.contract.reading import PostReading, PostsReading, Search
from shared.errors import ContentRejected, Transient

if TYPE_CHECKING:
    from connectors.browser.driver import BrowserSession
    from connectors.browser.pages.comments import Comments

LONGEST = 5_000  # characters of a post's text that are kept
SEARCH_S = 60.0
BODY_S = 5.0
COMMENTS_S = 10.0  # how long an own comment is looked for
BODIES = """(rows, fields) => {
  const seen = locateAll(rows).slice(0, 20).map((row) =>
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, take(row, field)])));
  return seen.length ? JSON.stringify(seen) : null;
}"""


class PostPages(Screen):
    """Pages of results and pages of single posts.

    `results` is the path of a search with the quoted words as `{}`. Where its rows say no more than where posts are,
    `opens` is true and each post is opened. `body` is the post itself on a page of its own.
    """

    row: ClassVar[str] = "post_row"
    composer: ClassVar[str] = ""
    submit: ClassVar[str] = ""
    id_field: ClassVar[str] = "permalink"
    results: ClassVar[str]
    opens: ClassVar[bool] = False
    body: ClassVar[str] = "post_row"
    body_fields: ClassVar[dict[str, Field]]

    async def arrive(self, request: Request) -> None:
        """Load a post."""
        await self.enter(request.target, self.body)

    def read_row(self, values: dict[str, str | None], address: str) -> Row:
        """Return a post of a list, by its address."""
        own = self.is_own(self.handle_of(values.get("author") or ""))
        link = values["permalink"] or address
        return Row(id=link, text=values.get("text") or "", own=own, url=link)

    async def search(self, search: Search, *, ends: float) -> Listing:
        """Return the rows of a search; none where the platform says that there are none."""
        address = self.account.origin + self.results.format(quote(search.query, safe=""))
        if await self.enter(address, self.row, "search_empty") == "search_empty":
            return Listing((), complete=True)
        place = Place(self.locator(self.row), self.fields, self._locators, self.id_field)
        return await read_list(self.driver, place, most=search.limit, ends=ends)

    async def here(self) -> PostReading:
        """Return the post of the present page: the one whose link is the page's address, else the first.

        Raises:
            Transient: it is no longer there.
        """
        address = await self.driver.address()
        place = Place(self.locator(self.body), self.body_fields, self._locators, self.id_field)
        raw = await self.driver.wait_until(BODIES, *place.question()[:2], within=BODY_S)
        if raw is None:
            raise Transient(code="no_post", message="The post is not on its page now.")
        seen: list[dict[str, str | None]] = json.loads(raw)
        here = next((values for values in seen if _path(values["permalink"] or address) == _path(address)), seen[0])
        return self.reading(here, address)

    def reading(self, values: Values, address: str) -> PostReading:
        """Return a row's values as a post."""
        return PostReading(
            url=urljoin(address, values["permalink"] or address).partition("#")[0],
            author=self.handle_of(values.get("author") or ""),
            text=(values.get("text") or "").strip()[:LONGEST],
            language=(values.get("language") or "")[:35] or None,
            at=instant(values.get("time")),
            likes=count_in(values.get("likes")),
            replies=count_in(values.get("replies")),
            reposts=count_in(values.get("reposts")),
            views=count_in(values.get("views")),
        )


@dataclass(frozen=True, slots=True)
class Discovery:
    """The `Asking` of a search."""

    pages: Callable[[BrowserSession], PostPages]

    async def ask(self, session: BrowserSession, question: Search) -> PostsReading:
        """Search, scroll, and open each post where the list does not say enough; see the contract."""
        pages, ends = self.pages(session), time.monotonic() + SEARCH_S
        listing = await pages.search(question, ends=ends)
        address = await session.driver.address()
        if not pages.opens:
            return PostsReading(tuple(pages.reading(values, address) for values in listing.rows), listing.complete)
        items: list[PostReading] = []
        for values in listing.rows:
            if time.monotonic() >= ends:
                return PostsReading(tuple(items), complete=False)
            with contextlib.suppress(ContentRejected):  # it has gone since it was listed
                await pages.arrive(Request(urljoin(address, values["permalink"] or "")))
                items.append(await pages.here())
        return PostsReading(tuple(items), listing.complete)


@dataclass(frozen=True, slots=True)
class ReadPost:
    """The `Asking` of one post by its address; `comments` is the screen on which it is commented on."""

    pages: Callable[[BrowserSession], PostPages]
    comments: Callable[[BrowserSession], Comments]

    async def ask(self, session: BrowserSession, question: str) -> PostReading:
        """Load the post, read it, and look for a comment of our own; see the contract."""
        screen = self.comments(session)
        await screen.arrive(Request(question))
        post = await self.pages(session).here()
        return replace(post, own_comment=await self._own(screen))

    async def _own(self, screen: Comments) -> bool:
        reading, ends = await screen.read(), time.monotonic() + COMMENTS_S
        while not any(row.own and row.id for row in reading.rows):
            older = await screen.read_older(reading) if time.monotonic() < ends else None
            if older is None:
                return False
            reading = older
        return True


def _path(address: str) -> str:
    return urlsplit(address).path.rstrip("/")


def instant(said: str | None) -> datetime | None:
    """Return a page's time, which names its zone; None where it cannot be read."""
    try:
        at = datetime.fromisoformat(said or "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None
