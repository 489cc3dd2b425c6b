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

from connectors.browser.page import (
    ANSWER_S,
    CHECK_AND_CLICK,
    LIBRARY,
    MOST_HTML,
    MOST_PICTURE,
    OPEN_S,
    PATIENCE_S,
    Page,
    pressed,
)
from shared.errors import NotConfigured, OutcomeUnknown, RateLimited, Transient, UiChanged

if TYPE_CHECKING:
    from playwright.async_api import Page as PlaywrightPage
    from playwright.async_api import Response

    from connectors.browser.driver import Locator, Pressed, Question

log = structlog.get_logger()

# Playwright's messages for a page that went to another address while a script ran in it.
NAVIGATED = ("Execution context was destroyed", "Cannot find context", "Frame was detached", "frame was detached")

HAS_INPUT = "(ways) => fileInput(ways) !== null"
FILE_INPUT = "(ways) => fileInput(ways)"
AIM = """(ways) => {
  const hit = locate(ways);
  return hit && enabled(hit.element) ? { ...aim(hit.element), index: hit.index } : null;
}"""


class ChromiumPage(Page):
    """A `Driver` over one Playwright page. `patience` is how long it waits where a caller does not say (seconds)."""

    def __init__(self, page: PlaywrightPage, *, patience: float = PATIENCE_S) -> None:
        """Drive this page."""
        super().__init__(patience)
        self._page = page

    async def open(self, url: str, *, then: Question | None = None, within: float | None = None) -> Any:
        """Load an address afresh; see the contract."""
        limit = OPEN_S if within is None else within
        try:
            response = await self._page.goto(url, wait_until="commit", timeout=limit * 1000)
        except PlaywrightTimeout as error:
            raise Transient(code="page_timeout", message=f"The page did not load within {limit:g} s.") from error
        except PlaywrightError as error:
            raise Transient(code="page_unreachable", message=_first_line(error)) from error
        _check(response)
        return await self.wait_until(then.script, *then.arguments) if then else None

    async def address(self) -> str:
        """Return the page's present address."""
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

    async def click(self, locator: Locator, *, then: Question | None = None, within: float | None = None) -> Any:
        """Click with a trusted event once the element is enabled; for steps that change nothing outside."""
        point = await self.wait_until(AIM, locator.as_json(), within=within)
        if point is None:
            raise await self.ui_changed(locator.name, f"{locator.name} did not become ready to be clicked.")
        self.note(locator, point["index"])
        try:
            async with asyncio.timeout(self.patience):
                await self._page.mouse.click(point["x"], point["y"])
        except (PlaywrightError, TimeoutError) as error:
            raise Transient(code="page_lost", message=_first_line(error)) from error
        return await self.wait_until(then.script, *then.arguments) if then else None

    async def check_and_click(self, locator: Locator, begin_by: float, check: Question) -> Pressed:
        """Click once, irreversibly, if the check allows it; see the contract."""
        await self.evaluate("() => true")  # a browser that is gone already is certain not to click
        left = max(0.0, begin_by - time.time())
        script = CHECK_AND_CLICK.format(check=check.script)
        try:
            answer = await self._run(script, (locator.as_json(), begin_by, *check.arguments), left + ANSWER_S)
        except (PlaywrightError, TimeoutError) as error:
            said = f"The click was sent, its answer is lost: {_first_line(error)}"
            raise OutcomeUnknown(code="click_unknown", message=said) from error
        return pressed(locator, answer)

    async def upload(self, locator: Locator, file: Path, *, within: float | None = None) -> None:
        """Give a file to an input; see the contract."""
        limit = self.patience if within is None else within
        if not await self.wait_until(HAS_INPUT, locator.as_json(), within=limit):
            raise await self.ui_changed(locator.name, f"{locator.name} is no input that takes a file.")
        code = f"(given) => {{ {LIBRARY}\nreturn ({FILE_INPUT})(...given); }}"
        try:
            element = (await self._page.evaluate_handle(code, [locator.as_json()])).as_element()
            if element is not None:
                await element.set_input_files(file, timeout=limit * 1000)
        except PlaywrightError as error:
            raise Transient(code="upload_failed", message=_first_line(error)) from error

    async def screenshot(self) -> bytes:
        """Return the visible page as PNG."""
        try:
            return await self._page.screenshot(type="png", timeout=self.patience * 1000, caret="initial", animations="allow")
        except PlaywrightError as error:
            raise Transient(code="no_screenshot", message=_first_line(error)) from error

    async def ui_changed(self, locator: str, message: str) -> UiChanged:
        """Return a `UiChanged` with a screenshot (base64 JPEG) and trimmed HTML of the present page, both bounded."""
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
