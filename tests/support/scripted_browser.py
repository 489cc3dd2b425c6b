"""How does a test play the host's browsers? Pages that answer what they are told to, and note what was done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.browser.driver import BrowserSession, Locator, Pressed, Question
from connectors.browser.page import Page
from connectors.contract.action import AccountFacts
from connectors.contract.session import LocatorDrift
from host.browsers import Standing
from shared.errors import UiChanged


@dataclass
class ScriptedBrowsers:
    """Browsers whose every step is noted in `done`; `answers` says what a step comes to: a value, an error, a call."""

    answers: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    proved: bool = True
    drifts: tuple[LocatorDrift, ...] = ()
    standing: Standing | None = None

    @asynccontextmanager
    async def session(self, transport: str, account: AccountFacts, standing: Standing) -> AsyncIterator[BrowserSession]:
        await self.step("take")
        self.standing = standing
        try:
            yield BrowserSession(ScriptedPage(self), account)
        finally:
            self.done.append("left")

    def process_of(self, transport: str, account_id: str) -> tuple[int, str | None] | None:
        return 4711, "boot/1"

    def stop_scripts(self, transport: str) -> None:
        self.done.append("scripts stopped")

    def end(self, transport: str, platform: str, account_id: str | None) -> bool:
        self.done.append(f"ended {platform}")
        return self.proved

    async def step(self, name: str) -> Any:
        """Note a step, and answer what it comes to."""
        self.done.append(name)
        answer = self.answers.get(name)
        if isinstance(answer, Callable):
            answer = answer()
        if asyncio.isfuture(answer) or asyncio.iscoroutine(answer):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        return answer


class ScriptedPage(Page):
    """A page of them."""

    def __init__(self, browsers: ScriptedBrowsers) -> None:
        super().__init__(1.0)
        self._browsers = browsers
        self.begin_by: list[float] = []

    async def open(self, url: str, *, then: Question | None = None, within: float | None = None) -> Any:
        return await self._browsers.step("open")

    def locator_drift(self) -> tuple[LocatorDrift, ...]:
        return self._browsers.drifts

    async def address(self) -> str:
        return await self._browsers.step("address")

    async def evaluate(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        return await self._browsers.step("evaluate")

    async def wait_until(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        return await self._browsers.step("wait_until")

    async def click(self, locator: Locator, *, then: Question | None = None, within: float | None = None) -> Any:
        return await self._browsers.step("click")

    async def check_and_click(self, locator: Locator, begin_by: float, check: Question) -> Pressed:
        self.begin_by.append(begin_by)
        answer = await self._browsers.step("check_and_click")
        return answer or Pressed(clicked=True, why="clicked", seen={"go": True})

    async def upload(self, locator: Locator, file: Path, *, within: float | None = None) -> None:
        self._browsers.done.append(f"{file.name}: {await asyncio.to_thread(file.read_bytes)!r}")

    async def screenshot(self) -> bytes:
        return await self._browsers.step("screenshot") or b"\x89PNG"

    async def ui_changed(self, locator: str, message: str) -> UiChanged:
        return UiChanged(message=message, locator=locator, evidence={"html": "<p>", "screenshot": "anBn"})
