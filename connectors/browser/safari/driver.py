"""Which window of Safari does a task get, and how long does it live?

One window for all accounts of this Mac, since Safari has one profile: found by its id and its name in each call, used by one
task at a time, and kept over restarts of the worker. The Mac stays awake while it is used.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
from typing import TYPE_CHECKING

import structlog

from connectors.browser.driver import BrowserSession
from connectors.browser.page import PATIENCE_S
from connectors.browser.safari.apple_errors import as_error, meaning_of
from connectors.browser.safari.osascript import Osascript, ScriptError, ScriptTimeout
from connectors.browser.safari.page import LEAVE, Presence, SafariPage, SafariWindow
from shared.errors import Transient
from shared.settings import program_environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.contract.action import AccountFacts
    from shared.settings import Settings

log = structlog.get_logger()

WINDOW_S = 20.0  # Safari may have to be started first
LEAVE_S = 5.0
LAUNCHES = 3


class Safari:
    """Safari on this Mac. Everything runs in one event loop, one step after the other."""

    def __init__(
        self, settings: Settings, hold: Presence, *, patience: float = PATIENCE_S, leaves_always: bool = False
    ) -> None:
        """Open nothing yet. `patience` is how long pages are waited for (seconds).

        `leaves_always`: a session that has lost its hold leaves its site all the same, since no other process may drive
        this Safari.
        """
        self._settings = settings
        self._leaves_always = leaves_always
        self._hold = hold
        self._patience = patience
        self._folder = settings.home.absolute() / "safari"
        self.scripts = Osascript(self._folder)
        self._alone = asyncio.Lock()
        self._window: SafariWindow | None = None

    @contextlib.asynccontextmanager
    async def session(self, account: AccountFacts) -> AsyncIterator[BrowserSession]:
        """Yield a session in the window, which is made if necessary, stays open afterwards, and leaves the site.

        Raises:
            NotConfigured: this machine has no Safari that we may drive.
            Transient: it was lost as it began.
        """
        async with self._alone, _awake():
            self._hold.check()
            page = SafariPage(self.scripts, await self._ready(), self._hold, self._make, patience=self._patience)
            try:
                yield BrowserSession(page, account, self._settings.home / "selectors")
            finally:
                await self._leave()

    def browser_of(self, account_id: str) -> None:
        """Return None: nobody may end Safari, which a person uses as well. Its script itself stops a late click."""

    async def _ready(self) -> SafariWindow:
        if self._window is None:
            self._window = await asyncio.to_thread(self._remembered)
        if self._window is None or self._window.lost:
            return await self._make()
        return self._window

    async def _make(self) -> SafariWindow:
        """Make a new window to replace the one before."""
        old = self._window.number if self._window is not None else 0
        for trial in range(1, LAUNCHES + 1):
            try:
                self._hold.check()
                said = await self.scripts.run("window", str(old), str(int(WINDOW_S)), within=WINDOW_S)
                break
            except (ScriptError, ScriptTimeout) as error:
                # Safari was just quitting, or the old window closed by itself: nothing was sent to any page.
                if trial == LAUNCHES or meaning_of(error).sent != "no" or meaning_of(error).setting:
                    raise as_error(error) from error
        if not said.isdigit():
            raise Transient(code="page_lost", message="Safari made no window.")
        self._window = SafariWindow(int(said), f"callsheet-{secrets.token_hex(8)}")
        log.info("safari.window", window=self._window.number)
        await asyncio.to_thread(self._remember, self._window)
        return self._window

    async def _leave(self) -> None:
        """Leave the site: a page that stays open may repeat on its own what we count as lost."""
        window = self._window
        if window is None or window.lost:
            return
        try:
            if not self._leaves_always:
                self._hold.check()
            with self.scripts.hand_over([LEAVE.format(marker=json.dumps(window.marker))]) as files:
                said = await self.scripts.run("leave", str(window.number), *files, str(int(LEAVE_S)), within=LEAVE_S)
            window.lost = said == "stranger"
        except (ScriptError, ScriptTimeout, Transient):
            window.lost = True

    def _remembered(self) -> SafariWindow | None:
        with contextlib.suppress(OSError, ValueError, KeyError):
            kept = json.loads((self._folder / "window.json").read_text())
            return SafariWindow(int(kept["number"]), str(kept["marker"]))
        return None

    def _remember(self, window: SafariWindow) -> None:
        self.scripts.keep("window.json", json.dumps({"number": window.number, "marker": window.marker}))


@contextlib.asynccontextmanager
async def _awake() -> AsyncIterator[None]:
    """Keep the Mac awake, at most as long as this process lives."""
    program = shutil.which("caffeinate")
    if program is None:
        yield
        return
    process = await asyncio.create_subprocess_exec(program, "-dims", "-w", str(os.getpid()), env=program_environment())
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
