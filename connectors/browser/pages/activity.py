"""How is the page read that lists who commented on the account's posts and who mentioned it?

Locators: `activity_row`, `activity_empty`, and those that a connector's `fields` name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Literal

from connectors.browser.pages.listing import Listing, Place, Values, read_list
from connectors.browser.pages.posts import instant
from connectors.browser.pages.screen import Row, Screen
from connectors.contract.action import Request
from connectors.contract.reading import Arrival

if TYPE_CHECKING:
    from connectors.contract.reading import Since

LONGEST = 5_000  # characters of a text that are kept
# Parts of what pages say in English, German and Spanish. A page in another language yields nothing.
WORDS: tuple[tuple[str, Literal["comment", "mention"]], ...] = (
    ("mention", "mention"),
    ("erwähn", "mention"),
    ("mencion", "mention"),
    ("comment", "comment"),
    ("kommentier", "comment"),
    ("comentad", "comment"),
    ("comentó", "comment"),
    ("repl", "comment"),
    ("antwort", "comment"),
    ("respond", "comment"),
    ("respuesta", "comment"),
)
LANGUAGES = frozenset({"", "en", "de", "es"})
LANGUAGE = "() => document.documentElement.lang"


class Activity(Screen):
    """The list of what others did, newest first, at `path`; `number` finds a comment's id in its permalink."""

    path: ClassVar[str]
    number: ClassVar[re.Pattern[str]]
    row: ClassVar[str] = "activity_row"
    composer: ClassVar[str] = ""
    submit: ClassVar[str] = ""
    id_field: ClassVar[str] = "permalink"

    async def arrive(self, request: Request) -> None:  # noqa: ARG002 - there is one such page
        """Load the page.

        Raises:
            UiChanged: its language is not known, so that comments could not be told from other rows.
        """
        await self.enter(self.account.origin + self.path, self.row, "activity_empty")
        language = str(await self.driver.evaluate(LANGUAGE))[:35]
        if language.partition("-")[0].lower() not in LANGUAGES:
            raise await self.driver.ui_changed("activity_words", f"The page is in a language that is not read: {language}.")

    def read_row(self, values: dict[str, str | None], address: str) -> Row:  # noqa: ARG002 - a row has its own address
        """Return a row by its id; rows that are not comments have none."""
        link = values["permalink"] or ""
        match = self.number.search(link)
        own = self.is_own(self.handle_of(values["author"] or ""))
        return Row(match[1] if match else "", (values["text"] or "").strip()[:LONGEST], own, url=link)

    async def read_since(self, since: Since, *, most: int, ends: float) -> tuple[list[Arrival], bool]:
        """Return comments and mentions by others, newest first, down to the first known one, and whether that is all."""
        await self.arrive(Request(self.path))
        place = Place(self.locator(self.row), self.fields, self._locators, self.id_field)

        def known(values: Values) -> bool:
            return self.read_row(dict(values), "").id in since.known

        listing: Listing = await read_list(self.driver, place, most=most, ends=ends, stop=known)
        found = [arrival for values in listing.rows if (arrival := self._arrival(values))]
        return found, listing.complete and len(listing.rows) < most

    def _arrival(self, values: Values) -> Arrival | None:
        row = self.read_row(dict(values), "")
        kind = kind_of(values["words"] or "")
        if kind is None or row.own or not row.id:
            return None
        author = self.handle_of(values["author"] or "")
        return Arrival(kind, row.id, author, row.text, row.url, instant(values.get("time")))


def kind_of(said: str) -> Literal["comment", "mention"] | None:
    """Return what a row tells of, by the page's own words; None where it is something else."""
    folded = said.casefold()
    return next((kind for words, kind in WORDS if words in folded), None)
