"""How does a test run a host's program in its own loop, with scripted browsers and a clock that can be set?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from host.connection import Connections
from host.door import Door
from host.files import Files
from host.membership import Membership
from host.one_click import Clocks
from shared.clock import elapsed
from shared.settings import Settings
from tests.support.door import CREDENTIAL, HOST, StandIn
from tests.support.scripted_browser import ScriptedBrowsers


class Wall:
    """A wall clock that can be set: `by` is in seconds."""

    def __init__(self) -> None:
        self.by = 0.0

    def now(self) -> float:
        """What it shows."""
        return 1_000_000.0 + elapsed() + self.by


@dataclass
class House:
    """A host's program with scripted browsers, and the gateway that it has dialled."""

    gateway: StandIn
    browsers: ScriptedBrowsers
    door: Door
    wall: Wall
    running: asyncio.Task[None]
    closing: asyncio.Event


@contextlib.asynccontextmanager
async def running(home: Path, gateway: StandIn, browsers: ScriptedBrowsers | None = None) -> AsyncIterator[House]:
    """Run it for as long as the block lasts."""
    settings = Settings(home=home, host_name=HOST, safari="off")
    membership = Membership(gateway.url, HOST, CREDENTIAL)
    browsers, wall, closing = browsers or ScriptedBrowsers(), Wall(), asyncio.Event()
    files = Files(membership, home / "door" / "files", most=1000)
    door = Door(settings, browsers, files, clocks=Clocks(wall=wall.now))
    task = asyncio.create_task(Connections(settings, membership, door, "1", ("chromium",)).keep(closing))
    try:
        yield House(gateway, browsers, door, wall, task, closing)
    finally:
        closing.set()
        await asyncio.wait([task])
        await files.close()
