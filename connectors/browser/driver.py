"""What can a page object do with a browser?

The contract of every driver. A page object uses nothing beyond it, so that it runs on all of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from connectors.contract.action import AccountFacts
from connectors.contract.session import LocatorDrift
from shared.errors import UiChanged

FETCH_S = 300.0  # how long a file may take to come out of a page


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find an element: a role with a name, a test id, a CSS selector, or a part of the page's path.

    `exact` concerns the role's name; otherwise the name is part of it, in any case. A way by path finds the whole page.
    """

    role: str = ""
    name: str = ""
    test_id: str = ""
    css: str = ""
    path: str = ""
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Locator:
    """A named element of a page, with ordered ways to find it and the source of that knowledge."""

    name: str
    ways: tuple[Way, ...]
    source: str

    def as_json(self) -> list[dict[str, Any]]:
        """Return the ways as the page's script takes them."""
        return [asdict(way) for way in self.ways]


@dataclass(frozen=True, slots=True)
class Question:
    """A function expression with its JSON arguments."""

    script: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Pressed:
    """The result of the one click: whether it was made, why not, and what the check before it returned."""

    clicked: bool
    why: str
    seen: Any = None


class Driver(Protocol):
    """One page of a browser that is signed in for one account. All times are in seconds.

    `within` None is the driver's own patience. Scripts are function expressions, with the functions of `page.js` in scope.

    Raises, wherever it fits:
        Transient: the page did not load or answer in time, and nothing was changed.
        UiChanged: none of a locator's ways found anything in time; carries screenshot and trimmed HTML.
    """

    async def open(self, url: str, *, then: Question | None = None, within: float | None = None) -> Any:
        """Load an address afresh and wait until its document is there (scripts may go on).

        With `then` go on to wait until that answers something true, as `wait_until` with the driver's patience does, and
        answer it: one round trip where a round trip is slow.

        Raises:
            Transient: it did not load, or the site answered with a fault of its own.
            RateLimited: it was answered with 429.
        """

    async def address(self) -> str:
        """Return the page's present address."""

    async def evaluate(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression with JSON arguments and return its JSON result."""

    async def wait_until(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression until it returns something true, also over navigations; return None on time-out."""

    async def wait_for(self, *locators: Locator, within: float | None = None) -> Locator:
        """Wait until one of the locators finds a visible element and return that locator; the first named one wins."""

    async def find(self, locator: Locator) -> bool:
        """Return whether the locator finds a visible element now."""

    async def text_of(self, locator: Locator) -> str:
        """Return the first match's text, or what a field holds."""

    async def attribute_of(self, locator: Locator, name: str) -> str | None:
        """Return an attribute of the first match."""

    async def click(self, locator: Locator, *, then: Question | None = None, within: float | None = None) -> Any:
        """Click with the full pointer sequence once the element is enabled; for steps that change nothing outside.

        `then` as with `open`: what is waited for afterwards.
        """

    async def type(self, locator: Locator, text: str, *, within: float | None = None) -> None:
        """Put text into a field or an editable element as typing would; line breaks are soft ones."""

    async def click_before(self, locator: Locator, begin_by: float) -> bool:
        """Click irreversibly in one script that first compares `begin_by` (Unix time) with the clock.

        False when the time had passed or the element was not there, enabled and uncovered: certain that it did not click.

        Raises:
            OutcomeUnknown: the script was sent and its answer is lost.
            Transient, NotConfigured: certain that it did not click.
        """

    async def check_and_click(self, locator: Locator, begin_by: float, check: Question) -> Pressed:
        """Do as `click_before`, in one script with a check: it clicks only where the check returns `{go: true, …}`."""

    async def upload(self, locator: Locator, file: Path, *, within: float | None = None) -> None:
        """Give a file to a file input, visible or hidden, as its dialog would.

        Raises:
            Transient: the input did not take it in time.
        """

    def download(self, url: str, *, most: int, within: float = FETCH_S) -> AsyncIterator[bytes]:
        """Fetch a file with the page's own sign-in, in pieces; `most` is in bytes.

        Raises:
            Transient: it did not come in time, or not at all.
            ContentRejected: it is larger.
        """

    async def screenshot(self) -> bytes:
        """Return the visible page as PNG."""

    def note(self, locator: Locator, index: int) -> None:
        """Record which way of a locator found something: any but the first shows that the page has drifted."""

    def locator_drift(self) -> tuple[LocatorDrift, ...]:
        """Return every locator that another way than the first has found in this session, with the last such way."""

    async def ui_changed(self, locator: str, message: str) -> UiChanged:
        """Return a `UiChanged` with the evidence of the present page, to be raised by the caller."""


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """The tools of a browser action. `overrides` is the folder whose `<platform>.toml` replaces locators.

    `owners` are the marks of a signed-in account that this session's pages have shown and that were found to be ours.
    """

    driver: Driver
    account: AccountFacts
    overrides: Path | None = None
    owners: set[str] = field(default_factory=set)
