"""What does a joined host run? `python -m host.program`: it takes over, connects, and offers its browsers until told to end.

On SIGTERM nothing more is begun, and what has begun may end within `STOPS_WITHIN_S`. Exit codes: 0 after a signal,
`SHUT_OUT` where the gateway refuses the credential, so that the supervisor does not start it again; 1 for anything else.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import os
import signal
import sys

import structlog

from host.alone import only_one
from host.browsers import LocalBrowsers, folder_of
from host.connection import Connections, ShutOut
from host.door import Door
from host.files import Files
from host.membership import SHUT_OUT, Membership, find_membership
from shared.errors import CallsheetError
from shared.logging import configure
from shared.private_file import keep_private
from shared.settings import Settings, load_settings

log = structlog.get_logger()

STOPS_WITHIN_S = 45.0
IDLE_EVERY_S = 30.0


async def offer(settings: Settings, membership: Membership, stopping: asyncio.Event) -> None:
    """Offer this machine's browsers until told to stop.

    Raises:
        ShutOut: the credential is no longer valid.
        Transient: what an earlier program left behind could not be ended.
        NotConfigured: the tokens that this host has seen cannot be read.
    """
    settings = settings.model_copy(update={"host_name": membership.host})
    browsers = LocalBrowsers(settings)
    await asyncio.to_thread(browsers.take_over)
    files = Files(membership, folder_of(settings.home) / "files", most=settings.max_media_bytes)
    door = Door(settings, browsers, files)
    version = importlib.metadata.version("callsheet")
    connections = Connections(settings, membership, door, version, browsers.transports)
    closing = asyncio.Event()
    beside = [
        asyncio.create_task(part) for part in (_stop(door, stopping, closing), _close_idle(browsers), browsers.get_ready())
    ]
    try:
        await connections.keep(closing)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await browsers.close()
        await files.close()


async def _stop(door: Door, stopping: asyncio.Event, closing: asyncio.Event) -> None:
    await stopping.wait()
    log.info("host.stops")
    await door.stop(STOPS_WITHIN_S)
    closing.set()


async def _close_idle(browsers: LocalBrowsers) -> None:
    while True:
        await asyncio.sleep(IDLE_EVERY_S)
        await browsers.close_idle()


async def _main(settings: Settings) -> None:
    membership = find_membership(settings.home)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    log.info("host.offers", host=membership.host, gateway=membership.url, machine=settings.machine)
    with only_one(settings.home):
        await offer(settings, membership, stopping)


def main(arguments: list[str]) -> int:
    """Run it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="host.program", description=__doc__)
    parser.add_argument("--shut-out-code", type=int, default=SHUT_OUT, help="launchd starts again what does not end with 0")
    asked = parser.parse_args(arguments)
    keep_private()
    settings = load_settings()
    configure(settings, part="host")
    try:
        asyncio.run(_main(settings))
    except ShutOut as error:
        log.error("host.shut_out", message=error.message)
        sys.stderr.write(f"callsheet: {error.message}\n")
        return int(asked.shut_out_code)
    except CallsheetError as error:
        sys.stderr.write(f"callsheet: {error}\n")
        return 1
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
