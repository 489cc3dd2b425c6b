"""How are new messages read, over all conversations of an account?

Locators: `conversation_row` and `conversation_empty`, beside those of a conversation itself.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.driver import Locator, Way
from connectors.browser.pages.screen import Field, Row, Screen
from connectors.contract.action import Request
from connectors.contract.reading import Arrival
from shared.errors import UiChanged

if TYPE_CHECKING:
    from connectors.browser.driver import BrowserSession
    from connectors.browser.pages.conversation import Conversation
    from connectors.contract.reading import Since

MOST_CONVERSATIONS = 20
MOST_LOADS = 5  # older messages read in one conversation
LONGEST = 5_000
OPENS_S = 5.0
SETTLED_S = 0.25
ROWS_S = 1.0
NEXT_ROW = """(rows, visited) => {
  const keyed = bounded(locateAll(rows)).map((row) => [row, squeezed(textOf(row)).slice(0, 300)]);
  const [row, key] = keyed.find(([, key]) => !visited.includes(key)) ?? [];
  row?.scrollIntoView({ block: "nearest", behavior: "instant" });
  return row ? key : null;
}"""
WAY_TO_ROW = """(rows, key) => {
  const row = locateAll(rows).find((row) => squeezed(textOf(row)).slice(0, 300) === key);
  if (!row) return null;
  const way = (node) => node === document.documentElement ? "html"
    : `${way(node.parentElement)} > :nth-child(${[...node.parentElement.children].indexOf(node) + 1})`;
  return way(row);
}"""
OTHER = """(ways, before) => {
  const link = locate(ways)?.element.getAttribute("href");
  return link && link !== before ? link : null;
}"""


class Conversations(Screen):
    """All conversations, the one with the newest message first. `path` is where they stand, `thread` reads one.

    `requests` is where messages by strangers wait to be accepted, in a list that looks the same; "" if it is not read.
    """

    path: ClassVar[str]
    requests: ClassVar[str] = ""
    thread: ClassVar[type[Conversation]]
    row: ClassVar[str] = "conversation_row"
    composer: ClassVar[str] = ""
    submit: ClassVar[str] = ""
    id_field: ClassVar[str] = "id"
    fields: ClassVar[dict[str, Field]] = {}

    def __init__(self, session: BrowserSession) -> None:
        """Work on the session's page; nothing is opened yet."""
        super().__init__(session)
        self._session = session

    async def arrive(self, request: Request) -> None:
        """Load the list whose path is the request's target."""
        await self.enter(self.account.origin + request.target, self.row, "conversation_empty")

    def read_row(self, values: dict[str, str | None], address: str) -> Row:  # noqa: ARG002 - rows have names only
        """Return a conversation; nothing of it is taken from the list."""
        return Row(id="", text="", own=False)

    async def read_since(self, since: Since, *, most: int, ends: float) -> tuple[list[Arrival], bool]:
        """Return messages by others, down to the first conversation without news in each list, and whether that is all."""
        found: list[Arrival] = []
        left = MOST_CONVERSATIONS
        for path in filter(None, (self.path, self.requests)):
            visited: list[str] = []
            news, complete = await self._read_list(path, since, visited, most=most - len(found), left=left, ends=ends)
            found += news
            left -= len(visited)
            if not complete:
                return found, False
        return found, True

    async def _read_list(
        self, path: str, since: Since, visited: list[str], *, most: int, left: int, ends: float
    ) -> tuple[list[Arrival], bool]:
        here = Request(path)
        await self.arrive(here)
        found: list[Arrival] = []
        partner = ""
        while len(visited) < left and len(found) < most and time.monotonic() < ends:
            key = await self._next(here, visited)
            if key is None:
                return found, True
            visited.append(key)
            opened = await self._open(key, partner)
            if opened is None:
                continue
            partner = opened
            news, more = await self._news(self.handle_of(partner), since)
            found += news
            if not more:
                return found, True
        return found, False

    async def _next(self, here: Request, visited: list[str]) -> str | None:
        rows = self.locator(self.row)
        if visited and not await self.driver.find(rows):  # the conversation that was opened took the list's place
            await self.arrive(here)
        key: str | None = await self.driver.wait_until(NEXT_ROW, rows.as_json(), visited, within=ROWS_S)
        return key

    async def _open(self, key: str, before: str) -> str | None:
        """Click a conversation's row; return the link of the other person, None where the conversation did not change."""
        way = await self.driver.evaluate(WAY_TO_ROW, self.locator(self.row).as_json(), key)
        if way is None:
            return None
        try:
            await self.driver.click(
                Locator("conversation_row", (Way(css=way),), "the row that was just seen"), within=OPENS_S
            )
        except UiChanged:
            return None  # the list was drawn anew meanwhile
        link: str | None = await self.driver.wait_until(
            OTHER, self.locator("thread_partner").as_json(), before, within=OPENS_S
        )
        return link

    async def _news(self, handle: str, since: Since) -> tuple[list[Arrival], bool]:
        """Return what is new with one person, and whether conversations further down may have news too."""
        thread = self.thread(self._session)
        await thread.settle_on(thread.composer, thread.row)  # a request has no composer before it is accepted
        news: dict[str, Arrival] = {}
        reading = await thread.read()
        for number in range(MOST_LOADS):
            while (later := await thread.read_after(reading, within=SETTLED_S)) is not None:
                reading = later
            numbered = [row for row in reading.rows if row.id]
            if not number and numbered and numbered[-1].id in since.known:
                return [], False
            for row in numbered:
                if not row.own and row.id not in since.known:
                    news.setdefault(row.id, Arrival("message", row.id, handle, row.text[:LONGEST], row.url))
            if any(row.id in since.known for row in numbered):
                break
            older = await thread.read_older(reading)
            if older is None:
                break
            reading = older
        return list(news.values()), True
