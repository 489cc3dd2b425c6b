"""How is the sandbox started and ended: `python -m sandbox --port 3900 --host 127.0.0.1 --data DIR`?"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import uvicorn

from sandbox.app import create_app
from sandbox.site import Held
from sandbox.truth import TruthBusyError, TruthLog

if TYPE_CHECKING:
    from types import FrameType

HANDED = 3  # the descriptor
GRACE = 0.5  # seconds that answers under way get at the end


class Server(uvicorn.Server):
    """Ends promptly on a signal, also while connections are held open that shall never get an answer.

    What was written is on the disk before any answer, so ending the process outright loses nothing; a graceful
    end would have to close the held connections, and uvicorn writes a 500 on them when it does.
    """

    _loop: asyncio.AbstractEventLoop | None = None
    _told: asyncio.Event

    def __init__(self, config: uvicorn.Config, log: TruthLog, held: Held) -> None:
        """Keep what the end needs to know."""
        super().__init__(config)
        self._log = log
        self._held = held

    async def main_loop(self) -> None:
        """Serve until told to stop, instead of looking ten times a second whether that is so."""
        self._told, self._loop = asyncio.Event(), asyncio.get_running_loop()
        if not await self.on_tick(0):
            await self._told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take the signal, and have the loop hear of it."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> NoReturn:
        """Let answers under way finish, then end the process."""
        for listener in sockets or []:
            listener.close()
        patience = time.monotonic() + GRACE
        while len(self.server_state.tasks) > self._held.count and time.monotonic() < patience:  # noqa: ASYNC110 - uvicorn signals no end of a task
            await asyncio.sleep(0.01)
        self._log.close()
        sys.stdout.flush()
        os._exit(0)


def arguments() -> argparse.Namespace:
    """Read the command line, with the environment and then the defaults behind it."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Practice platforms on localhost.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("CALLSHEET_SANDBOX_PORT") or 3900))
    parser.add_argument("--host", default="127.0.0.1")
    home = Path(os.environ.get("CALLSHEET_HOME") or ".callsheet")
    parser.add_argument("--data", type=Path, default=home / "sandbox", help="folder of the truth log")
    return parser.parse_args()


def listen(host: str, port: int) -> socket.socket:
    """Take the port, or what whoever started this process listens on for it (sd_listen_fds(3)).

    The protocol is named, since asyncio switches Nagle's delay (40 ms an answer) off only then.
    """
    if (os.environ.get("LISTEN_PID"), os.environ.get("LISTEN_FDS")) == (str(os.getpid()), "1"):
        return socket.socket(fileno=HANDED)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(512)
    return listener


def main() -> None:
    """Serve until a signal ends it."""
    asked = arguments()
    try:
        asked.data.mkdir(parents=True, exist_ok=True)
        log = TruthLog(asked.data / "truth.jsonl")
    except TruthBusyError:
        sys.exit(f"sandbox: another sandbox already uses {asked.data}; end it or give another --data")
    except OSError as error:
        sys.exit(f"sandbox: cannot write to {asked.data}: {error.strerror}; give another --data")
    try:
        listener = listen(asked.host, asked.port)
    except OSError as error:
        sys.exit(f"sandbox: cannot listen on {asked.host}:{asked.port}: {error.strerror}; give another --port")
    held = Held()
    config = uvicorn.Config(create_app(log, held), log_level="warning", access_log=False, lifespan="off", date_header=False)
    print(f"sandbox: http://{asked.host}:{listener.getsockname()[1]}/", flush=True)  # noqa: T201 - the line of a starting part
    Server(config, log, held).run(sockets=[listener])


if __name__ == "__main__":
    main()
