"""What can go wrong on a link between two processes? A TCP proxy that stands on it, and does it when told to.

Bytes pass unchanged until a strike is armed. A strike holds for a while, for some connections or for all of them.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Strike = Literal["reset", "swallow", "delay", "hold_reply"]
CHUNK = 65_536
DELAY_S = 0.4  # with everything else it stays below what the capabilities declare as their visibility delay
HELD_S = 1.0  # a reply is held this long, then the connection is cut


@dataclass(eq=False)
class Armed:
    """A strike in force: how many connections it may still take (None: all), and how many it took."""

    strike: Strike
    left: int | None
    took: set[int] = field(default_factory=set)

    def takes(self, connection: int) -> bool:
        """Whether this connection is struck."""
        if connection in self.took:
            return True
        if self.left is not None and len(self.took) >= self.left:
            return False
        self.took.add(connection)
        return True


class Pair:
    """Both ends of one connection through the proxy."""

    def __init__(self, number: int, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.number = number
        self._ends = (near, far)

    def cut(self) -> None:
        """Close both ends by RST: whoever reads or writes there learns of it at once."""
        for end in self._ends:
            with suppress(OSError, AttributeError):
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()


class Link:
    """One listening port, and where what comes there goes to."""

    def __init__(self, name: str, upstream_port: int, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self.port = 0
        self.struck = 0
        self._upstream_port = upstream_port
        self._loop = loop
        self._armed: Armed | None = None
        self._pairs: dict[int, Pair] = {}
        self._count = 0

    async def listen(self) -> None:
        """Take a free port of loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    def through(self, url: str) -> str:
        """The same address by way of this link."""
        parts = urlsplit(url)
        who, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{who}{at}127.0.0.1:{self.port}"))

    def arm(self, strike: Strike, connections: int | None) -> Armed:
        """Strike from now on; called from another thread."""
        armed = Armed(strike, connections)
        self._loop.call_soon_threadsafe(setattr, self, "_armed", armed)
        return armed

    def heal(self, armed: Armed) -> None:
        """Strike no more; what was struck is cut, so that nobody waits for bytes that are gone."""
        asyncio.run_coroutine_threadsafe(self._heal(armed), self._loop).result()

    async def _heal(self, armed: Armed) -> None:
        if self._armed is armed:
            self._armed = None
        self.struck += len(armed.took)
        if armed.strike != "delay":
            for number in armed.took & self._pairs.keys():
                self._pairs[number].cut()

    async def _serve(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        try:
            far_in, far_out = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            near_out.transport.abort()  # nobody is there: refused, one hop later
            return
        self._count += 1
        pair = Pair(self._count, near_out, far_out)
        self._pairs[pair.number] = pair
        try:
            await asyncio.gather(
                self._carry(pair, near_in, far_out, there=True), self._carry(pair, far_in, near_out, there=False)
            )
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # this connection is over, by either side, by a strike or with the run
        finally:
            pair.cut()
            del self._pairs[pair.number]

    async def _carry(self, pair: Pair, come: asyncio.StreamReader, go: asyncio.StreamWriter, *, there: bool) -> None:
        while data := await come.read(CHUNK):
            if await self._passes(pair, there=there):
                go.write(data)
                await go.drain()
        go.write_eof()

    async def _passes(self, pair: Pair, *, there: bool) -> bool:
        """Whether some bytes go on, after what the strike does to them. `there` is from the client to the server."""
        armed = self._armed
        # A connection is struck by what its client sends, so that a reset or a held reply always has a request.
        if armed is None or not (pair.number in armed.took or (there and armed.takes(pair.number))):
            return True
        match armed.strike:
            case "reset":
                pair.cut()
                raise EOFError
            case "swallow":
                return False
            case "delay":
                await asyncio.sleep(DELAY_S)
                return True
            case "hold_reply":
                if there:
                    return True
                await asyncio.sleep(HELD_S)
                pair.cut()
                raise EOFError


class Links:
    """All links of a run, carried by one thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.by_name: dict[str, Link] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)
        self._thread.start()

    def add(self, name: str, upstream_port: int) -> Link:
        """A link to a port of loopback."""
        link = Link(name, upstream_port, self._loop)
        asyncio.run_coroutine_threadsafe(link.listen(), self._loop).result()
        self.by_name[name] = link
        return link

    def close(self) -> None:
        """Carry nothing more, and cut what is open."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @staticmethod
    async def _close() -> None:
        carrying = asyncio.all_tasks() - {asyncio.current_task()}
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)
