"""How far is a film on Sora, and where is its file? Read on the page of its draft."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.browser.pages.refusal import by_words
from connectors.browser.pages.screen import path_below
from connectors.browser.pages.selectors import load_locators
from connectors.contract.film import Stage
from connectors.sora.errors import REFUSALS
from connectors.sora.manifest import MANIFEST
from connectors.sora.pages.drafts import Drafts
from shared.errors import ContentRejected, Transient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.browser.driver import BrowserSession
    from connectors.contract.action import Receipt

PATH = re.compile(r"/d/[A-Za-z0-9_-]{1,80}/?")
NUMBER = re.compile(r"\d{1,3}")
STAGES = ("film_ready", "film_failed", "film_processing", "film_queued")
SOURCE = "(ways) => { const hit = locate(ways); return hit ? hit.element.currentSrc || hit.element.src : ''; }"


class FilmPage:
    """The `Film` of Sora over a browser: short visits, so that the account's window is free in between."""

    async def check(self, session: BrowserSession, made: Receipt) -> Stage:
        """Open the draft and read how far it is; see the contract."""
        path = path_below(session.account.origin, made.external_url, MANIFEST.hosts)
        if not PATH.fullmatch(path):
            raise ContentRejected(code="wrong_target", message=f"{made.external_url[:200]} is no address of a draft.")
        screen = Drafts(session)
        await screen.enter(f"{session.account.origin}{path}")
        shown = await screen.settle_on(*STAGES)
        words = "" if shown == "film_ready" else await session.driver.text_of(screen.locator(shown))
        return stage_of(shown, words)

    async def pieces(self, session: BrowserSession, made: Receipt, most: int) -> AsyncIterator[bytes]:  # noqa: ARG002 - its page is open
        """Yield the file that the page's video element plays; see the contract."""
        locators = load_locators(Drafts.folder / "selectors.toml", session.overrides)
        source = await session.driver.evaluate(SOURCE, locators["film_ready"].as_json())
        if not source:
            raise Transient(code="download_failed", message="The page shows no film now.")
        async for piece in session.driver.download(source, most=most):
            yield piece


def stage_of(shown: str, words: str) -> Stage:
    """Return the stage that an element of the page and its words show."""
    match shown:
        case "film_ready":
            return Stage("ready", 100)
        case "film_queued":
            return Stage("queued")
        case "film_processing":
            number = NUMBER.search(words)
            return Stage("processing", int(number[0]) if number else None)
        case _:
            hit = by_words(REFUSALS, [words])
            refused = hit is not None and hit[0].error is ContentRejected
            code = "text_refused" if refused else "generation_failed"
            return Stage("failed", code=code, message=f"Sora says: {words.strip()[:200]}")
