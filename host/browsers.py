"""Which browsers does this host offer, and how are they ended with certainty? Chromium by account, and a Mac's Safari."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from connectors.browser.chromium import processes
from connectors.browser.chromium.driver import Chromium, profile_of
from connectors.browser.driver import BrowserSession
from connectors.browser.safari.driver import Safari
from connectors.browser.safari.mac_in_use import resting
from connectors.contract.action import AccountFacts
from host.alone import FOLDER
from shared.errors import NotConfigured, Transient
from shared.settings import Settings

log = structlog.get_logger()


class Standing:
    """Whether a session is still active, which its driver asks before every step: the `Hold` of this host."""

    def __init__(self) -> None:
        """Begin active."""
        self.why = ""

    def check(self) -> None:
        """Check that the session is active.

        Raises:
            Transient: the session has ended.
        """
        if self.why:
            raise Transient(code=self.why, message="This session has ended.")

    async def confirm(self) -> None:
        """Check the same; the worker has confirmed the lane's lease before it sent the call."""
        self.check()


class Browsers(Protocol):
    """The browsers behind sessions. `transport` is `chromium` or `safari`."""

    def session(
        self, transport: str, account: AccountFacts, standing: Standing
    ) -> AbstractAsyncContextManager[BrowserSession]:
        """Return the account's browser, for as long as the block lasts; raises what `Sessions.session` raises."""

    def process_of(self, transport: str, account_id: str) -> tuple[int, str | None] | None:
        """Return the pid and identity of the account's browser, where it has one of its own."""

    def stop_scripts(self, transport: str) -> None:
        """Kill the scripts that run now."""

    def end(self, transport: str, platform: str, account_id: str | None) -> bool:
        """End what still runs for an account, or for all of the platform; return whether all is proved dead. Blocks."""


class LocalBrowsers:
    """The browsers of this machine. `settings.host_name` is the host's name."""

    def __init__(self, settings: Settings) -> None:
        """Start nothing yet."""
        self._settings = settings
        self._profiles = settings.home.absolute() / "profiles"
        self._safari_folder = settings.home.absolute() / "safari"
        self.chromium = Chromium(settings)
        self._now = _Current()
        self._safari = Safari(settings, self._now, leaves_always=True)

    @property
    def transports(self) -> tuple[str, ...]:
        """Return the transports that can be driven here."""
        return ("chromium", "safari") if self._settings.drives_safari else ("chromium",)

    @asynccontextmanager
    async def session(self, transport: str, account: AccountFacts, standing: Standing) -> AsyncIterator[BrowserSession]:
        """Yield a session in the account's browser; see the contract."""
        if transport == "chromium":
            async with self.chromium.session(account) as session:
                yield session
            return
        if not self._settings.drives_safari:
            raise NotConfigured(setting="CALLSHEET_SAFARI", message="This host serves no Safari.")
        if held := await resting(self._settings, datetime.now().astimezone()):
            raise Transient(code="resting", message=held.reason)
        with self._now.holding(standing):
            async with self._safari.session(account) as session:
                yield session

    def process_of(self, transport: str, account_id: str) -> tuple[int, str | None] | None:
        """Return the account's browser; None for Safari, which belongs to the Mac's user."""
        browser = self.chromium.browser_of(account_id) if transport == "chromium" else None
        return None if browser is None else (browser.pid, browser.identity)

    def stop_scripts(self, transport: str) -> None:
        """Kill the scripts that run now; with Chromium, ending the session leaves the page instead."""
        if transport == "safari":
            self._safari.scripts.stop()

    def end(self, transport: str, platform: str, account_id: str | None) -> bool:
        """End what still runs; see the contract."""
        if transport == "safari":
            return _all_dead(processes.find_scripts(self._safari_folder))
        if account_id is not None:
            return _all_dead(processes.find_browsers(profile_of(self._settings, platform, account_id)))
        return _all_dead(processes.find_all_browsers(self._profiles / platform))

    def take_over(self) -> None:
        """End what an earlier program of this home has left behind: browsers and scripts. Blocks.

        Raises:
            Transient: one of them could not be ended.
        """
        left = [*processes.find_all_browsers(self._profiles), *processes.find_scripts(self._safari_folder)]
        if not _all_dead(left):
            raise Transient(code="browser_left_over", message="A browser of an earlier program could not be ended.")

    async def get_ready(self) -> None:
        """Start Playwright early, where an account has ever had a browser here; Safari needs no preparation."""
        if not await asyncio.to_thread(lambda: any(self._profiles.glob("*/*"))):
            return
        try:
            await self.chromium.get_ready()
        except Exception:  # whatever it is: the first session reports it
            log.exception("browser.driver_not_started")

    async def close_idle(self) -> None:
        """Close browsers that nobody has used for a while."""
        await self.chromium.close_idle()

    async def close(self) -> None:
        """Close every browser of ours."""
        self._safari.scripts.stop()
        await self.chromium.close()


class _Current:
    """The hold of the one Safari: that of the session which drives it now."""

    def __init__(self) -> None:
        self._standing: Standing | None = None

    def holding(self, standing: Standing) -> _Current:
        """Set this session's hold, for as long as the block lasts."""
        self._standing = standing
        return self

    def __enter__(self) -> None:
        """Return itself."""

    def __exit__(self, *_: object) -> None:
        self._standing = None

    def check(self) -> None:
        """Check the current session's hold; see `Hold`."""
        if self._standing is None:
            raise Transient(code="no_session", message="Nobody has this Safari.")
        self._standing.check()

    async def confirm(self) -> None:
        """Confirm the current session's hold; see `Hold`."""
        self.check()


def _all_dead(found: list[processes.Browser]) -> bool:
    for one in found:
        log.warning("browser.ended", pid=one.pid)
    return all([processes.end(one) for one in found])  # noqa: C419 - each is ended, also where one before could not be


def folder_of(home: Path) -> Path:
    """Return the folder of the host's program."""
    return home.absolute() / FOLDER


async def in_thread_to_the_end(browsers: Browsers, transport: str, platform: str, account_id: str | None) -> bool:
    """End what still runs, and finish doing so even if the caller is cancelled."""
    return await asyncio.shield(asyncio.to_thread(browsers.end, transport, platform, account_id))
