"""What do all drivers do in the same way, given that they can run a script in a page and wait for one?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from connectors.browser.download import download
from connectors.browser.driver import FETCH_S, Pressed, Question
from connectors.contract.session import LocatorDrift
from shared.errors import Transient, UiChanged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.browser.driver import Locator

log = structlog.get_logger()

LIBRARY = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
PATIENCE_S = 10.0
OPEN_S = 20.0
ANSWER_S = 2.0  # what a script's answer may take beyond the script's own waiting
MOST_HTML = 50_000  # characters of a page kept as evidence
MOST_PICTURE = 400_000  # bytes of a screenshot kept as evidence

LOCATE = "(ways) => locate(ways)?.index ?? null"
TEXT_OF = "(ways) => { const hit = locate(ways); return hit && { index: hit.index, value: textOf(hit.element) }; }"
ATTRIBUTE_OF = """(ways, name) => {
  const hit = locate(ways);
  return hit && { index: hit.index, value: hit.element.getAttribute(name) };
}"""
TYPE = """(ways, text) => {
  const hit = locate(ways);
  if (!hit) return null;
  put(hit.element, text);
  return { index: hit.index };
}"""
LOCATE_ANY = """(lists) => {
  for (const [number, ways] of lists.entries()) {
    const hit = locate(ways);
    if (hit) return { number, index: hit.index };
  }
  return null;
}"""
ALWAYS = Question("() => ({ go: true })")
# To be formatted with the script of the check. Nothing stands between reading the clock and the click.
CHECK_AND_CLICK = """(ways, beginBy, ...given) => {{
  let seen = null;
  try {{ seen = ({check})(...given); }} catch (error) {{ return {{ why: "threw", seen: null, said: String(error) }}; }}
  if (!seen.go) return {{ why: "checked", seen }};
  const hit = locate(ways);
  if (!hit || !enabled(hit.element)) return {{ why: hit ? "disabled" : "absent", seen }};
  const point = aim(hit.element);
  if (!point.free) return {{ why: "covered", seen }};
  if (Date.now() / 1000 >= beginBy) return {{ why: "late", seen }};
  press(hit.element, point);
  return {{ why: "clicked", seen }};
}}"""


class Page(ABC):
    """The part of a `Driver` that needs nothing but scripts. `patience` is how long it waits where a caller does not say."""

    def __init__(self, patience: float) -> None:
        """Wait this many seconds by default."""
        self.patience = patience
        self._drift: dict[str, LocatorDrift] = {}

    @abstractmethod
    async def evaluate(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression; see the contract."""

    @abstractmethod
    async def wait_until(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression until it returns something true; see the contract."""

    @abstractmethod
    async def check_and_click(self, locator: Locator, begin_by: float, check: Question) -> Pressed:
        """Click once, irreversibly, if the check allows it; see the contract."""

    @abstractmethod
    async def ui_changed(self, locator: str, message: str) -> UiChanged:
        """Return a `UiChanged` with the evidence of the present page."""

    async def wait_for(self, *locators: Locator, within: float | None = None) -> Locator:
        """Wait until one of the locators finds a visible element; see the contract."""
        hit = await self.wait_until(LOCATE_ANY, [locator.as_json() for locator in locators], within=within)
        if hit is None:
            raise await self._not_found(*locators)
        found = locators[int(hit["number"])]
        self.note(found, hit["index"])
        return found

    async def find(self, locator: Locator) -> bool:
        """Return whether the locator finds a visible element now."""
        return await self.evaluate(LOCATE, locator.as_json()) is not None

    async def text_of(self, locator: Locator) -> str:
        """Return the first match's text, or what a field holds."""
        return str(await self._of(locator, TEXT_OF))

    async def attribute_of(self, locator: Locator, name: str) -> str | None:
        """Return an attribute of the first match."""
        value: str | None = await self._of(locator, ATTRIBUTE_OF, name)
        return value

    async def type(self, locator: Locator, text: str, *, within: float | None = None) -> None:
        """Put text into a field or an editable element; see the contract."""
        await self._of(locator, TYPE, text, within=within)

    async def download(self, url: str, *, most: int, within: float = FETCH_S) -> AsyncIterator[bytes]:
        """Fetch a file with the page's own sign-in, in pieces; see the contract."""
        async for piece in download(self, url, most=most, within=within):
            yield piece

    async def click_before(self, locator: Locator, begin_by: float) -> bool:
        """Click irreversibly; see the contract."""
        return (await self.check_and_click(locator, begin_by, ALWAYS)).clicked

    def note(self, locator: Locator, index: int) -> None:
        """Record which way of a locator found something: any but the first is a sign that the page has changed.

        A way by path is not recorded: the address is there before anything on its page is.
        """
        found = LocatorDrift(locator.name, index + 1, len(locator.ways))
        if index and not locator.ways[index].path and self._drift.get(locator.name) != found:
            self._drift[locator.name] = found
            log.warning("locator.fallback", locator=locator.name, way=found.way, of=found.ways, source=locator.source)

    def locator_drift(self) -> tuple[LocatorDrift, ...]:
        """Return every locator that another way than the first has found; see the contract."""
        return tuple(self._drift.values())

    async def _of(self, locator: Locator, script: str, *arguments: Any, within: float | None = None) -> Any:
        hit = await self.wait_until(script, locator.as_json(), *arguments, within=within)
        if hit is None:
            raise await self._not_found(locator)
        self.note(locator, hit["index"])
        return hit.get("value")

    async def _not_found(self, *locators: Locator) -> Exception:
        names = ", ".join(locator.name for locator in locators)
        if await self.evaluate("() => document.readyState") != "complete":
            return Transient(code="page_slow", message=f"The page was still loading, without any of: {names}.")
        return await self.ui_changed(names, f"None of these was found on the page: {names}.")


def pressed(locator: Locator, answer: dict[str, Any]) -> Pressed:
    """Return the result of the one click, from its script's answer."""
    if answer["why"] != "clicked":
        log.info("click.not_made", locator=locator.name, reason=answer["why"], said=answer.get("said", ""))
    return Pressed(clicked=answer["why"] == "clicked", why=answer["why"], seen=answer["seen"])
