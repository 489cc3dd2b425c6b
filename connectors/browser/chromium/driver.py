"""Which Chromium does a task get, and how long does it live?

One browser for each account, with a profile folder of its own, kept open between tasks. Nothing here hides that it is
automated.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from connectors.browser.chromium import processes
from connectors.browser.chromium.executable import MEND, find_executable
from connectors.browser.chromium.page import ChromiumPage
from connectors.browser.driver import BrowserSession
from connectors.browser.page import PATIENCE_S
from connectors.contract.session import LocalBrowser
from shared.errors import NotConfigured, Transient
from shared.settings import forget_secrets, program_environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import BrowserContext, Dialog, Page, Playwright

    from connectors.contract.action import AccountFacts
    from shared.settings import Settings

log = structlog.get_logger()

MEMORY_BYTES = 2_000_000_000  # beyond this (an upper bound, see `memory_of`) a browser is started afresh
WEIGH_EVERY = 10  # tasks between two measurements of memory; one costs some milliseconds
LAUNCH_S = 30.0
CLOSE_S = 5.0
ALIVE_S = 2.0
# Nobody can answer a dialog that opens while the page is being left, and the browser hangs (measured).
NO_DIALOGS = """
window.alert = () => undefined;
window.confirm = () => false;
window.prompt = () => null;
window.print = () => undefined;
"""
ARGUMENTS = (
    "--disable-gpu",  # nothing needs to be drawn fast; saves the memory of software rendering
    "--disk-cache-size=67108864",  # keeps a profile small
    "--no-pings",
)


@dataclass
class Warm:
    """One account's open browser."""

    context: BrowserContext
    page: Page
    browser: processes.Browser
    tasks: int = 0
    used_at: float = field(default_factory=time.monotonic)
    lost: bool = False


class Chromium:
    """All browsers of one process. Everything runs in one event loop; one task at a time has an account's browser."""

    def __init__(self, settings: Settings, *, patience: float = PATIENCE_S, by_hand: bool = False) -> None:
        """Open nothing yet. `patience` is how long pages are waited for (seconds).

        `by_hand` leaves the browser to a person: pages that a site opens beside the first one (a sign-in by another
        service, say) stay open, and so do dialogs.
        """
        self._settings = settings
        self._by_hand = by_hand
        self.has_window = settings.headless == "off" or (settings.headless == "auto" and by_hand)
        self._patience = patience
        self._playwright: Playwright | None = None
        self._starting = asyncio.Lock()
        self._locks: dict[str, asyncio.Lock] = {}
        self._warm: dict[str, Warm] = {}

    @contextlib.asynccontextmanager
    async def session(self, account: AccountFacts) -> AsyncIterator[BrowserSession]:
        """Yield a session in the account's browser, which is started if necessary and stays open afterwards.

        Raises:
            NotConfigured: no browser can be started on this machine.
            Transient: it started and was lost at once.
        """
        async with self._lock(account.id):
            warm = await self._ready(account)
            driver = ChromiumPage(warm.page, patience=self._patience)
            try:
                yield BrowserSession(driver, account, self._settings.home / "selectors")
            except Transient as error:
                warm.lost = warm.lost or error.code in {"page_hangs", "page_lost"}
                raise
            finally:
                await _leave(warm)
                warm.tasks += 1
                warm.used_at = time.monotonic()
                if await self._spent(warm):
                    await self._close(account.id)

    async def get_ready(self) -> None:
        """Start the process by which browsers are started, which takes about as long as a browser itself."""
        await self._start_playwright()

    def browser_of(self, account_id: str) -> LocalBrowser | None:
        """Return the account's open browser."""
        warm = self._warm.get(account_id)
        if warm is None or warm.browser.is_dead():
            return None
        return LocalBrowser(warm.browser.pid, warm.browser.identity)

    async def close_idle(self) -> int:
        """Close browsers that nobody used for `browser_idle_s`; return how many."""
        limit = time.monotonic() - self._settings.browser_idle_s
        idle = [key for key, warm in self._warm.items() if warm.used_at <= limit and not self._lock(key).locked()]
        for account_id in idle:
            async with self._lock(account_id):
                await self._close(account_id)
        return len(idle)

    async def close(self) -> None:
        """Close every browser, and Playwright's own process. The pool can be used again afterwards."""
        for account_id in list(self._warm):
            await self._close(account_id)
        if self._playwright is not None:
            playwright, self._playwright = self._playwright, None
            with contextlib.suppress(PlaywrightError, TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await playwright.stop()

    def _lock(self, account_id: str) -> asyncio.Lock:
        return self._locks.setdefault(account_id, asyncio.Lock())

    async def _ready(self, account: AccountFacts) -> Warm:
        warm = self._warm.get(account.id)
        if warm is not None and await _alive(warm):
            return warm
        if warm is not None:
            log.warning("browser.lost", platform=account.platform, account_id=account.id)
            await self._close(account.id)
        began = time.monotonic()
        warm = self._warm[account.id] = await self._launch(account)
        log.info(
            "browser.started", platform=account.platform, account_id=account.id, pid=warm.browser.pid,
            seconds=round(time.monotonic() - began, 3),
        )  # fmt: skip
        return warm

    async def _launch(self, account: AccountFacts) -> Warm:
        profile = profile_of(self._settings, account.platform, account.id)
        playwright = await self._start_playwright()
        executable = find_executable(self._settings.browser, playwright.chromium.executable_path)
        await asyncio.to_thread(_take_over, profile)
        try:
            async with asyncio.timeout(LAUNCH_S):
                context = await self._open(playwright, executable, profile)
        except (PlaywrightError, TimeoutError) as error:
            await asyncio.to_thread(_take_over, profile)
            raise self._cannot_start(executable, error) from error
        if not self._by_hand:
            await context.add_init_script(NO_DIALOGS)
        found = await asyncio.to_thread(processes.find_browsers, profile)
        if not found:
            raise Transient(code="browser_lost", message="The browser ended right after its start.")
        return _wire(context, found[0], by_hand=self._by_hand)

    async def _open(self, playwright: Playwright, executable: str, profile: Path) -> BrowserContext:
        return await playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=executable,
            headless=not self.has_window,
            # Chromium refuses its sandbox to root; everybody else uses it.
            chromium_sandbox=os.geteuid() != 0,
            args=list(ARGUMENTS),
            env=dict(program_environment()),  # it runs strangers' code, and needs nothing of ours
            accept_downloads=False,
            # A site's service worker could repeat a write after the page has reported that it failed.
            service_workers="block",
            locale="en-US",  # the locators' names are English
            viewport={"width": 1280, "height": 800},
            timeout=LAUNCH_S * 1000,
        )

    async def _start_playwright(self) -> Playwright:
        async with self._starting:
            if self._playwright is not None and await _has_died(self._playwright):
                log.warning("browser.driver_lost")
                self._playwright = None
            if self._playwright is None:
                forget_secrets()  # Playwright starts its own process with this one's environment
                self._playwright = await async_playwright().start()
            return self._playwright

    def _cannot_start(self, executable: str, error: BaseException) -> NotConfigured:
        words = str(error) or "it took too long"
        if self.has_window and ("DISPLAY" in words or "headed browser" in words):
            return NotConfigured(message="There is no display to show a browser on.", setting="CALLSHEET_HEADLESS")
        why = words.splitlines()[0][:200]
        return NotConfigured(message=f"{executable} could not be started ({why}). {MEND}", setting="CALLSHEET_BROWSER")

    async def _spent(self, warm: Warm) -> bool:
        if warm.lost or warm.tasks >= self._settings.browser_recycle_after:
            return True
        if warm.tasks % WEIGH_EVERY:
            return False
        held = await asyncio.to_thread(processes.memory_of, warm.browser)
        if held > MEMORY_BYTES:
            log.info("browser.heavy", bytes=held, pid=warm.browser.pid)
        return held > MEMORY_BYTES

    async def _close(self, account_id: str) -> None:
        warm = self._warm.pop(account_id, None)
        if warm is None:
            return
        if warm.lost:
            # It may be stopped or hang: asking it to close would only cost time.
            await asyncio.to_thread(processes.end, warm.browser)
        with contextlib.suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await warm.context.close()
        await asyncio.to_thread(processes.end, warm.browser)
        log.info("browser.closed", account_id=account_id, pid=warm.browser.pid, tasks=warm.tasks)


async def _has_died(playwright: Playwright) -> bool:
    """Return whether Playwright's own process has certainly ended; one that is only slow has not."""
    with contextlib.suppress(TimeoutError):
        try:
            async with asyncio.timeout(ALIVE_S):
                await (await playwright.request.new_context()).dispose()
        except PlaywrightError:
            return True
    return False


async def _leave(warm: Warm) -> None:
    """Leave the site: a page that stays open may repeat on its own what we count as lost, and uses the processor."""
    try:
        async with asyncio.timeout(ALIVE_S):
            await warm.page.goto("about:blank", wait_until="commit")
    except (PlaywrightError, TimeoutError):
        warm.lost = True


async def _alive(warm: Warm) -> bool:
    if warm.lost or warm.page.is_closed():
        return False
    with contextlib.suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(ALIVE_S):
            return bool(await warm.page.evaluate("true"))
    return False


def forget(settings: Settings, platform: str, account_id: str) -> bool:
    """End the account's browser on this machine and remove its profile with all cookies; return whether there was one."""
    profile = profile_of(settings, platform, account_id)
    if not profile.is_dir():
        return False
    _take_over(profile)
    shutil.rmtree(profile)
    return True


def profile_of(settings: Settings, platform: str, account_id: str) -> Path:
    """Return the folder of an account's browser profile on this machine."""
    return settings.home.absolute() / "profiles" / platform / account_id


def _take_over(profile: Path) -> None:
    """End any browser that still runs with this profile (one that a dead worker left), and prepare the folder.

    Raises:
        Transient: one of them could not be ended; two on one profile would act twice.
    """
    for leftover in processes.find_browsers(profile):
        log.warning("browser.leftover_killed", pid=leftover.pid)
        if not processes.end(leftover):
            raise Transient(code="browser_left_over", message=f"An earlier browser (pid {leftover.pid}) could not be ended.")
    profile.mkdir(parents=True, exist_ok=True, mode=0o700)
    processes.clear_locks(profile)


def _wire(context: BrowserContext, browser: processes.Browser, *, by_hand: bool) -> Warm:
    """Give the browser its one page, and handle the pages that sites open beside it."""
    page = context.pages[0]
    warm = Warm(context, page, browser)

    def lose(_: object) -> None:
        warm.lost = True

    async def close_stranger(other: Page) -> None:
        with contextlib.suppress(PlaywrightError):
            await other.close()

    context.on("close", lose)
    page.on("crash", lose)
    page.on("close", lose)
    if by_hand:
        page.on("dialog", lambda _: None)  # without a listener Playwright answers by itself
    else:
        page.on("dialog", _answer_dialog)
        context.on("page", close_stranger)
    return warm


async def _answer_dialog(dialog: Dialog) -> None:
    """Accept a dialog that asks whether to leave the page; dismiss every other one."""
    with contextlib.suppress(PlaywrightError):
        await (dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())
