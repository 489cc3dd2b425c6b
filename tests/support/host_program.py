"""How does a test run a host's program: in its own loop with scripted browsers and a clock that can be set, or as it is?"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from host.connection import Connections
from host.door import Door
from host.files import Files
from host.membership import Membership, keep_membership
from host.one_click import Clocks
from shared.clock import elapsed
from shared.settings import Settings
from tests.support.door import CREDENTIAL, HOST, StandIn
from tests.support.scripted_browser import ScriptedBrowsers

ROOT = Path(__file__).resolve().parents[2]


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


@contextlib.asynccontextmanager
async def program(home: Path, gateway: StandIn, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The host's program in a process of its own."""
    keep_membership(home, Membership(gateway.url, HOST, CREDENTIAL))
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CALLSHEET_") or "BROWSER" in name}
    values = (
        plain | {"CALLSHEET_HOME": str(home), "CALLSHEET_SAFARI": "off", "CALLSHEET_LOG_FORMAT": "console"} | environment
    )
    with (home / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "host.program", cwd=ROOT, env=values, stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 60)
