"""The stand-in Safari itself: windows over a real Chromium, reached by one socket, answering as Safari does.

`python -m tests.support.safari.application SOCKET HOME` runs until it is told to end. Beside the events that the stand-in
`osascript` sends it takes trouble on order: `{"trouble": {"event", "number" | "hangs", "when", "count"}}`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from connectors.browser.chromium.executable import find_executable
from shared.settings import Settings

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession, Page

MESSAGES = {
    -600: "Safari got an error: Application isn't running.",
    -609: "Safari got an error: Connection is invalid.",
    -1712: "Safari got an error: AppleEvent timed out.",
    -1719: "Safari got an error: Can't get window id. Invalid index.",
    -1728: "Safari got an error: Can't get window id.",
    -1743: "Not authorized to send Apple events to Safari.",
    -1744: "Not authorised: consent is required.",
    -10006: "Safari got an error: Can't set URL.",
    8: "Safari got an error: You must enable 'Allow JavaScript from Apple Events' to use 'do JavaScript'.",
}
BLANK = ("about:", "chrome-error:", "chrome:")


@dataclass
class Window:
    """One window: a page, and the way to run scripts in its own world."""

    page: Page
    wire: CDPSession


@dataclass
class Trouble:
    """What goes wrong with an event: an error before it is done or after, or no answer at all."""

    event: str
    number: int = 0
    hangs: bool = False
    when: str = "before"
    count: int = 1
    holding: str = ""


@dataclass
class Safari:
    """All windows. Ids grow and are never used again, as on a Mac."""

    context: BrowserContext
    windows: dict[int, Window] = field(default_factory=dict)
    running: bool = True
    troubles: list[Trouble] = field(default_factory=list)
    last: int = 100
    log: list[dict[str, Any]] = field(default_factory=list)
    at_work: set[asyncio.Task[Any]] = field(default_factory=set)

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What is sent back to whoever asked."""
        if "trouble" in asked:
            self.troubles.append(Trouble(**asked["trouble"]))
            return {}
        if asked.get("control"):
            return await self.control(asked)
        self.log.append({name: asked[name] for name in ("by", "event", "address", "window") if name in asked})
        trouble = self._trouble(asked)
        if trouble is not None and trouble.hangs:
            await asyncio.Event().wait()
        if trouble is not None and trouble.when == "before":
            return _error(trouble.number)
        if not self.running and asked["event"] != "launch":
            return _error(-600)
        told = await self.do(asked)
        return told if trouble is None else _error(trouble.number)

    async def control(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What only a test asks for."""
        match asked["control"]:
            case "quit":
                for window in list(self.windows):
                    await self.close(window)
                self.running = False
            case "close":
                await self.close(asked["window"])
            case "calm":
                self.troubles.clear()
                self.running = True
            case "log":
                return {"value": self.log}
            case "windows":
                return {"value": list(self.windows)}
            case "picture":
                picture = await self.windows[asked["window"]].page.screenshot(type=asked["type"])
                return {"value": base64.b64encode(picture).decode()}
        return {}

    async def do(self, asked: dict[str, Any]) -> dict[str, Any]:
        """One Apple event."""
        match asked["event"]:
            case "launch":
                self.running = True
            case "windows":
                return {"value": list(self.windows)}
            case "new_document":
                await self.open_window(asked["address"])
            case _ if asked["window"] not in self.windows:
                return _error(-1728)
            case "close":
                await self.close(asked["window"])
            case "set_url":
                self._keep(self._navigate(self.windows[asked["window"]].page, asked["address"]))
            case "javascript":
                return await self.javascript(self.windows[asked["window"]], asked["source"])
        return {}

    async def open_window(self, address: str) -> None:
        """A new window, which is the newest."""
        page = await self.context.new_page()
        page.on("dialog", lambda dialog: self._keep(_dismiss(dialog)))
        page.on("popup", lambda popup: self._keep(popup.close()))
        if address != "about:blank":
            self._keep(self._navigate(page, address))
        self.last += 1
        self.windows[self.last] = Window(page, await self.context.new_cdp_session(page))

    async def close(self, number: int) -> None:
        """Close a window, whatever its page is doing."""
        window = self.windows.pop(number)
        with contextlib.suppress(PlaywrightError, TimeoutError):
            await asyncio.wait_for(window.page.close(), 5)

    async def javascript(self, window: Window, source: str) -> dict[str, Any]:
        """The last value of a script, coerced; what throws, promises and has no value is `missing value`."""
        if window.page.url.startswith(BLANK):
            return {}
        try:
            told = await window.wire.send("Runtime.evaluate", {"expression": source, "userGesture": False})
        except PlaywrightError:
            return {}  # the page went away meanwhile
        result = told["result"]
        if "exceptionDetails" in told or result["type"] in {"undefined", "function", "symbol", "object"}:
            return {}
        return {"value": result["value"]}

    async def _navigate(self, page: Page, address: str) -> None:
        with contextlib.suppress(PlaywrightError):
            await page.goto(address, wait_until="commit", timeout=60_000)

    def _trouble(self, asked: dict[str, Any]) -> Trouble | None:
        for trouble in self.troubles:
            if trouble.event == asked["event"] and trouble.holding in asked.get("source", ""):
                trouble.count -= 1
                if trouble.count == 0:
                    self.troubles.remove(trouble)
                return trouble
        return None

    def _keep(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.at_work.add(task)
        task.add_done_callback(self.at_work.discard)


def _error(number: int) -> dict[str, Any]:
    return {"number": number, "message": MESSAGES[number]}


async def _dismiss(dialog: Any) -> None:
    with contextlib.suppress(PlaywrightError):
        await (dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())


async def serve(address: str, home: str) -> None:
    """Answer until this process is ended."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            home,
            executable_path=find_executable(Settings().browser, playwright.chromium.executable_path),
            chromium_sandbox=os.geteuid() != 0,
            args=["--disable-gpu"],
            locale="en-US",
            viewport={"width": 1280, "height": 800},
        )
        safari = Safari(context)

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError):
                told = await safari.answer(json.loads(await reader.readline()))
                writer.write(json.dumps(told).encode())
                await writer.drain()
            writer.close()

        server = await asyncio.start_unix_server(hear, address, limit=64_000_000)
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        async with server:
            await over.wait()
        await context.close()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
