"""How is each call of a session done? By the one step of the local driver that it names."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connectors.browser.door_calls import locator_of, pressed_as_json, question_of
from connectors.browser.download import download
from connectors.browser.driver import Driver
from host.files import Files
from host.one_click import Clocks, click_once
from shared.door import LONGEST_WITHIN_S, Call
from shared.errors import CallsheetError, Transient, UiChanged

CHECK_AND_CLICK = "check_and_click"


@dataclass(frozen=True, slots=True)
class Steps:
    """The calls of one session. `since` is when its connection began, on the monotonic clock."""

    driver: Driver
    files: Files
    since: float
    clocks: Clocks

    async def do(self, call: Call) -> Any:
        """Do one call, and return its value.

        Raises:
            CallsheetError: what the step raises; also `Transient` where the call cannot be read.
        """
        step = _STEPS[call.do]
        try:
            return await step(self, call.given)
        except UiChanged as error:
            raise await self._with_its_picture(error) from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if call.do == CHECK_AND_CLICK:
                # `click_once` turns the driver's errors into ours: this one came before the driver was called.
                raise Transient(code="bad_call", message=f"Nothing was done: {error!r}"[:300]) from error
            raise Transient(code="bad_call", message=f"The call could not be done: {error!r}"[:300]) from error

    async def _with_its_picture(self, error: UiChanged) -> UiChanged:
        """Send the picture ahead as a file, since it is too large for a frame; the frame names the file."""
        evidence = dict(error.evidence)
        if picture := evidence.pop("screenshot", None):
            try:
                evidence["screenshot_file"] = await self.files.send_bytes(base64.b64decode(picture))
            except (CallsheetError, binascii.Error) as trouble:
                evidence["incomplete"] = str(trouble)[:300]
        return UiChanged(code=error.code, message=error.message, locator=error.locator, evidence=evidence)

    async def open(self, given: dict[str, Any]) -> Any:
        """Load an address of the web; this machine's own files are refused."""
        if urlsplit(str(given["url"])).scheme not in {"http", "https"}:
            raise Transient(code="bad_address", message="Only addresses of the web are opened.")
        return await self.driver.open(given["url"], then=question_of(given.get("then")), within=_within(given))

    async def address(self, _given: dict[str, Any]) -> str:
        """Return the page's address."""
        return await self.driver.address()

    async def evaluate(self, given: dict[str, Any]) -> Any:
        """Run a script."""
        return await self.driver.evaluate(given["script"], *given.get("arguments", ()), within=_within(given))

    async def wait_until(self, given: dict[str, Any]) -> Any:
        """Run a script until it returns something true."""
        return await self.driver.wait_until(given["script"], *given.get("arguments", ()), within=_within(given))

    async def click(self, given: dict[str, Any]) -> dict[str, Any]:
        """Click what changes nothing outside; return which way found it, for records of locator drift."""
        locator, then = locator_of(given["locator"]), question_of(given.get("then"))
        value = await self.driver.click(locator, then=then, within=_within(given))
        ways = [place.way for place in self.driver.locator_drift() if place.locator == locator.name]
        return {"then": value, "index": ways[-1] - 1 if ways else 0}

    async def check_and_click(self, given: dict[str, Any]) -> dict[str, Any]:
        """Click once, irreversibly."""
        return pressed_as_json(await click_once(self.driver, given, since=self.since, clocks=self.clocks))

    async def upload(self, given: dict[str, Any]) -> None:
        """Give a file of the installation to an input."""
        async with self.files.fetched(str(given["file"]), str(given.get("name", ""))) as path:
            await self.driver.upload(locator_of(given["locator"]), path, within=_within(given))

    async def download(self, given: dict[str, Any]) -> dict[str, Any]:
        """Have the page fetch a file, and send it."""
        most, within = int(given["most"]), _within(given)
        more = {} if within is None else {"within": within}
        async with contextlib.aclosing(download(self.driver, str(given["url"]), most=most, **more)) as pieces:  # type: ignore[type-var]  # it is a generator
            file, size = await self.files.send_pieces(pieces, most=most)
        return {"file": file, "size": size}

    async def screenshot(self, _given: dict[str, Any]) -> dict[str, str]:
        """Send the visible page, and return the file's id."""
        return {"file": await self.files.send_bytes(await self.driver.screenshot())}

    async def ui_changed(self, given: dict[str, Any]) -> None:
        """Raise the evidence of the present page as an error."""
        raise await self.driver.ui_changed(str(given["locator"]), str(given["message"]))


_STEPS: dict[str, Callable[[Steps, dict[str, Any]], Awaitable[Any]]] = {
    "open": Steps.open,
    "address": Steps.address,
    "evaluate": Steps.evaluate,
    "wait_until": Steps.wait_until,
    "click": Steps.click,
    CHECK_AND_CLICK: Steps.check_and_click,
    "upload": Steps.upload,
    "download": Steps.download,
    "screenshot": Steps.screenshot,
    "ui_changed": Steps.ui_changed,
}


def _within(given: dict[str, Any]) -> float | None:
    within = given.get("within")
    return None if within is None else max(0.0, min(float(within), LONGEST_WITHIN_S))
