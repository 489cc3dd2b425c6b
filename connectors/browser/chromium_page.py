"""How does one page of Chromium do what a page object asks?"""

from __future__ import annotations

import asyncio
import base64
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from shared.errors import NotConfigured, OutcomeUnknown, RateLimited, Transient, UiChanged

if TYPE_CHECKING:
    from playwright.async_api import Page, Response

    from connectors.browser.driver import Locator

log = structlog.get_logger()

LIBRARY = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
PATIENCE_S = 10.0
OPEN_S = 20.0
ANSWER_S = 2.0  # what a script's answer may take beyond its own waiting
MOST_HTML = 50_000  # characters of a page kept as evidence
MOST_PICTURE = 400_000  # bytes of a screenshot kept as evidence

# What Playwright says when the page went to another address while a script ran in it.
NAVIGATED = ("Execution context was destroyed", "Cannot find context", "Frame was detached", "frame was detached")

LOCATE = "(ways) => locate(ways)?.index ?? null"
TEXT_OF = "(ways) => { const hit = locate(ways); return hit ? textOf(hit.element) : ''; }"
ATTRIBUTE_OF = "(ways, name) => locate(ways)?.element.getAttribute(name) ?? null"
TYPE = "(ways, text) => { const hit = locate(ways); if (hit) put(hit.element, text); }"
LOCATE_ANY = """(lists) => {
  for (const [number, ways] of lists.entries()) {
    const hit = locate(ways);
    if (hit) return { number, index: hit.index };
  }
  return null;
}"""
AIM = """(ways) => {
  const hit = locate(ways);
  return hit && enabled(hit.element) ? { ...aim(hit.element), index: hit.index } : null;
}"""
CLICK_BEFORE = """(ways, beginBy) => {
  const hit = locate(ways);
  if (!hit || !enabled(hit.element)) return hit ? "disabled" : "absent";
  const point = aim(hit.element);
  if (!point.free) return "covered";
  if (Date.now() / 1000 >= beginBy) return "late";
  press(hit.element, point);
  return "clicked";
}"""


class ChromiumPage:
    """A `Driver` over one Playwright page. `patience` is how long it waits where a caller does not say (seconds)."""

    def __init__(self, page: Page, *, patience: float = PATIENCE_S) -> None:
        """Drive this page."""
        self._page = page
        self.patience = patience
        self._fallbacks: set[tuple[str, int]] = set()

    async def open(self, url: str, *, within: float | None = None) -> None:
        """Load an address afresh; see the contract."""
        limit = OPEN_S if within is None else within
        try:
            response = await self._page.goto(url, wait_until="commit", timeout=limit * 1000)
        except PlaywrightTimeout as error:
            raise Transient(code="page_timeout", message=f"The page did not load within {limit:g} s.") from error
        except PlaywrightError as error:
            raise Transient(code="page_unreachable", message=_first_line(error)) from error
        _check(response)

    async def address(self) -> str:
        """The page's present address."""
        return self._page.url

    async def evaluate(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression; see the contract."""
        limit = self.patience if within is None else within
        try:
            return await self._run(script, arguments, limit)
        except PlaywrightError as error:
            raise _failed(error) from error
        except TimeoutError as error:
            raise Transient(code="page_hangs", message=f"The page did not answer a script within {limit:g} s.") from error

    async def _run(self, script: str, arguments: tuple[Any, ...], limit: float) -> Any:
        code = f"(given) => {{ {LIBRARY}\nreturn ({script})(...given); }}"
        async with asyncio.timeout(limit):
            return await self._page.evaluate(code, list(arguments))

    async def wait_until(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression until it answers something true; see the contract."""
        ends = time.monotonic() + (self.patience if within is None else within)
        while True:
            left = max(0.0, ends - time.monotonic())
            waiting = f"(ms, ...given) => until(() => ({script})(...given), ms)"
            try:
                return await self._run(waiting, (left * 1000, *arguments), left + ANSWER_S)
            except PlaywrightError as error:
                if not any(sign in str(error) for sign in NAVIGATED):
                    raise _failed(error) from error
                if time.monotonic() >= ends:
                    return None
                await asyncio.sleep(0.01)
            except TimeoutError as error:
                raise Transient(code="page_hangs", message="The page did not answer a script in time.") from error

    async def wait_for(self, *locators: Locator, within: float | None = None) -> Locator:
        """Wait until one of the locators finds a visible element; see the contract."""
        hit = await self.wait_until(LOCATE_ANY, [locator.as_json() for locator in locators], within=within)
        if hit is None:
            names = ", ".join(locator.name for locator in locators)
            if await self.evaluate("() => document.readyState") != "complete":
                raise Transient(code="page_slow", message=f"The page was still loading, without any of: {names}.")
            raise await self.ui_changed(names, f"None of these was found on the page: {names}.")
        found = locators[int(hit["number"])]
        self._note(found, hit["index"])
        return found

    async def find(self, locator: Locator) -> bool:
        """Whether the locator finds a visible element now."""
        return await self.evaluate(LOCATE, locator.as_json()) is not None

    async def text_of(self, locator: Locator) -> str:
        """The first match's text, or what a field holds."""
        await self.wait_for(locator)
        return str(await self.evaluate(TEXT_OF, locator.as_json()))

    async def attribute_of(self, locator: Locator, name: str) -> str | None:
        """An attribute of the first match."""
        await self.wait_for(locator)
        value: str | None = await self.evaluate(ATTRIBUTE_OF, locator.as_json(), name)
        return value

    async def click(self, locator: Locator, *, within: float | None = None) -> None:
        """A trusted click, once the element is enabled, for steps that change nothing outside."""
        point = await self.wait_until(AIM, locator.as_json(), within=within)
        if point is None:
            raise await self.ui_changed(locator.name, f"{locator.name} did not become ready to be clicked.")
        self._note(locator, point["index"])
        try:
            async with asyncio.timeout(self.patience):
                await self._page.mouse.click(point["x"], point["y"])
        except (PlaywrightError, TimeoutError) as error:
            raise Transient(code="page_lost", message=_first_line(error)) from error

    async def type(self, locator: Locator, text: str, *, within: float | None = None) -> None:
        """Put text into a field or an editable element; see the contract."""
        await self.wait_for(locator, within=within)
        await self.evaluate(TYPE, locator.as_json(), text)

    async def click_before(self, locator: Locator, begin_by: float) -> bool:
        """The irreversible click; see the contract."""
        left = begin_by - time.time()
        if left <= 0:
            return False
        try:
            answer = await self._run(CLICK_BEFORE, (locator.as_json(), begin_by), left + ANSWER_S)
        except (PlaywrightError, TimeoutError) as error:
            said = f"The click was sent, its answer is lost: {_first_line(error)}"
            raise OutcomeUnknown(code="click_unknown", message=said) from error
        if answer != "clicked":
            log.info("click.not_made", locator=locator.name, reason=answer)
        return bool(answer == "clicked")

    async def screenshot(self) -> bytes:
        """The visible page as PNG."""
        try:
            return await self._page.screenshot(type="png", timeout=self.patience * 1000, caret="initial", animations="allow")
        except PlaywrightError as error:
            raise Transient(code="no_screenshot", message=_first_line(error)) from error

    async def ui_changed(self, locator: str, message: str) -> UiChanged:
        """A `UiChanged` with screenshot (base64 JPEG) and trimmed HTML of the present page, both bounded."""
        evidence: dict[str, str] = {"address": self._page.url[:500]}
        try:
            async with asyncio.timeout(5):
                evidence["html"] = await self._run("(most) => trimmed(most)", (MOST_HTML,), 5)
                picture = await self._page.screenshot(type="jpeg", quality=50, timeout=4000)
                if len(picture) <= MOST_PICTURE:
                    evidence["screenshot"] = base64.b64encode(picture).decode()
        except (PlaywrightError, TimeoutError) as error:
            evidence["incomplete"] = _first_line(error)
        log.warning("locator.lost", locator=locator)
        return UiChanged(message=message, locator=locator, evidence=evidence)

    def _note(self, locator: Locator, index: int) -> None:
        if index and (locator.name, index) not in self._fallbacks:
            self._fallbacks.add((locator.name, index))
            log.warning("locator.fallback", locator=locator.name, way=index + 1, of=len(locator.ways), source=locator.source)


def _check(response: Response | None) -> None:
    if response is None or response.status < 429:  # noqa: PLR2004 - what is below is the page object's to read
        return
    if response.status == 429:  # noqa: PLR2004 - Too Many Requests
        until = _retry_after(response.headers.get("retry-after", ""))
        raise RateLimited(message="The site answered 429 Too Many Requests.", until=until)
    if response.status >= 500:  # noqa: PLR2004 - the site's own faults
        raise Transient(code="site_error", message=f"The site answered {response.status}.")


def _retry_after(value: str) -> datetime | None:
    if value.isascii() and value.isdigit() and len(value) < 8:  # noqa: PLR2004 - up to some months of seconds
        return datetime.now(UTC) + timedelta(seconds=int(value))
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return until if until.tzinfo else until.replace(tzinfo=UTC)


def _failed(error: PlaywrightError) -> Exception:
    if "is not a valid selector" in str(error):
        return NotConfigured(code="bad_selectors", message=_first_line(error), setting="selectors.toml")
    return Transient(code="page_lost", message=_first_line(error))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
