"""Does an account's browser still show what we rely on: who is signed in, and each element where its locator expects it?

Reads only: pages and their panels are opened, and nothing is typed or sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.browser.pages.refusal import Refusals, by_marker, markers_of
from connectors.browser.pages.selectors import load_locators
from connectors.contract.reading import HealthReading
from shared.errors import ActionRequired, CallsheetError, Transient, UiChanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.browser.driver import BrowserSession, Locator

SIGNED_IN = "signed_in"
DRAWN_S = 5.0  # how long an element may appear after its page
WHERE = "(ways) => locate(ways)?.element.href ?? null"
WHICH = "(lists) => lists.map((ways) => locate(ways) !== null)"
HERE = "(ways) => { const hit = locate(ways); return hit && { index: hit.index }; }"


@dataclass(frozen=True, slots=True)
class PageCheck:
    """One page: `path` below the origin, or where the first thing leads that `link` finds on the page before.

    `expects` are the locators that the page has for everybody who is signed in, once what `opens` names is clicked: menus
    and panels, in this order, and nothing that writes.
    """

    expects: tuple[str, ...]
    path: str = ""
    link: str = ""
    opens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """The `Reader` of an account's health. `handle_in` reads the handle in the link (or text) of `signed_in`."""

    folder: Path
    refusals: Refusals
    handle_in: Callable[[str], str]
    looks: tuple[PageCheck, ...] = ()

    async def read(self, session: BrowserSession) -> HealthReading:
        """Open the front page and the pages to check; problems are put into the reading, not raised.

        Raises:
            Transient, RateLimited: the site did not answer; nothing is known.
        """
        page = _Page(session, load_locators(self.folder / "selectors.toml", session.overrides))
        try:
            shown = await self.signed_in_as(session)
        except UiChanged as error:
            return page.told(HealthReading(missing=(SIGNED_IN,), code=error.code, message=error.message))
        except ActionRequired as error:
            return page.told(HealthReading(code=error.code, message=error.message))
        own = session.account.handle.lstrip("@")
        if shown.casefold() != own.casefold():
            said = f"{shown or 'Nobody'} is signed in, the account is {own}."
            return page.told(HealthReading(shown, code="wrong_account" if shown else "logged_out", message=said))
        await page.note((SIGNED_IN,))
        for look in self.looks:
            if not await page.follow(look):
                continue
            await page.open(look.opens)
            await page.note(look.expects)
            if stop := await self._in_the_way(page):
                return page.told(HealthReading(shown, code=stop.code, message=stop.message))
        return page.told(HealthReading(shown))

    async def signed_in_as(self, session: BrowserSession, *, within: float | None = None) -> str:
        """Return the handle that the front page shows once somebody is signed in; "" where it cannot be read.

        Raises:
            ActionRequired: a login form or a challenge is shown instead; `within` gives a person time for it.
            UiChanged: the page shows neither.
            Transient, RateLimited: the site did not answer.
        """
        driver, locators = session.driver, load_locators(self.folder / "selectors.toml", session.overrides)
        await driver.open(f"{session.account.origin}/")
        stops = [] if within is not None else markers_of(self.refusals)
        found = await driver.wait_for(*(locators[name] for name in (*stops, SIGNED_IN)), within=within)
        if error := by_marker(self.refusals, found.name):
            raise error
        if not (await driver.address()).startswith(f"{session.account.origin}/"):
            raise Transient(code="left_site", message="The site led to an address of another site.")
        link = await driver.attribute_of(found, "href")
        return self.handle_in(link if link is not None else await driver.text_of(found))

    async def _in_the_way(self, page: _Page) -> CallsheetError | None:
        for marker in markers_of(self.refusals):
            error = by_marker(self.refusals, marker)
            if isinstance(error, ActionRequired) and await page.session.driver.find(page.locators[marker]):
                return error
        return None


@dataclass
class _Page:
    """The browser's page, and what was seen on all pages so far.

    By which way is asked only of what a page should have: on a page where it does not belong a place may be found anyhow.
    """

    session: BrowserSession
    locators: Mapping[str, Locator]
    seen: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)
    usual: set[str] = field(default_factory=set)

    async def follow(self, look: PageCheck) -> bool:
        """Go to the page of a check; return False where no link leads there."""
        driver, origin = self.session.driver, self.session.account.origin
        if look.path:
            await driver.open(f"{origin}{look.path}")
        elif look.link:
            if not await self._is_here(look.link):
                return False
            there = await driver.evaluate(WHERE, self._ways(look.link))
            if not str(there).startswith(f"{origin}/"):
                return False
            await driver.open(there)
        return True

    async def open(self, names: tuple[str, ...]) -> None:
        """Click what opens a menu or panel; stop where one of the controls is missing."""
        for name in names:
            if not await self._is_here(name):
                self.missed.add(name)
                return
            self.seen.add(name)
            await self._dismiss()
            await self.session.driver.click(self.locators[name])

    async def _dismiss(self) -> None:
        """Close a dialog that covers the page, as every action does."""
        dialog = self.locators.get("dismiss")
        if dialog is not None and await self.session.driver.find(dialog):
            self.seen.add(dialog.name)
            await self.session.driver.click(dialog)

    async def note(self, expects: tuple[str, ...]) -> None:
        """Wait for the locators that a page should have, and record which others it shows."""
        for name in expects:
            if not await self._is_here(name):
                self.missed.add(name)
        names = list(self.locators)
        there = await self.session.driver.evaluate(WHICH, [self._ways(name) for name in names])
        self.seen.update(name for name, is_there in zip(names, there, strict=True) if is_there)

    def told(self, reading: HealthReading) -> HealthReading:
        """Return the reading with what was seen; markers of refusals are not counted among the expected locators."""
        missing = {*reading.missing, *(self.missed - self.seen)}
        found, other = self.seen - missing, self.locators.keys() - self.seen - missing
        otherwise = found & {drift.locator for drift in self.session.driver.locator_drift()}
        return replace(
            reading,
            found=tuple(sorted(found)),
            missing=tuple(sorted(missing)),
            not_seen=tuple(sorted(other)),
            otherwise=tuple(sorted(otherwise)),
            as_usual=tuple(sorted(self.usual - otherwise)),
        )

    async def _is_here(self, name: str) -> bool:
        hit = await self.session.driver.wait_until(HERE, self._ways(name), within=DRAWN_S)
        if hit is None:
            return False
        self.session.driver.note(self.locators[name], hit["index"])
        if hit["index"] == 0:
            self.usual.add(name)
        return True

    def _ways(self, name: str) -> object:
        return self.locators[name].as_json()
